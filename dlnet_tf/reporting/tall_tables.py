"""Plain-text tables of so many quantities that these stand under one another."""

from __future__ import annotations

from dlnet_tf.reporting.grouping import Cell, Table, line_label
from dlnet_tf.reporting.quantities import Quantity


def format_by_quantity(table: Table) -> str:
    """Return a table as aligned text, a block for each quantity."""
    first = max(len(label) for label in [*map(line_label, table.lines), *(one.label for one in table.quantities)])
    # A cell holds our number, its mark, a gap and the paper's number.
    width = 14 if table.has_paper else 7
    lines = [table.title, " " * first + "".join(f"   {level:^{width}}" for level in table.levels)]
    for quantity in table.quantities:
        head = f"{'ours':>6} " + f"{'paper' if table.in_paper(quantity) else '':>7}" * table.has_paper
        lines.append(f"{quantity.label:<{first}}" + f"   {head}" * len(table.levels))
        lines.append("-" * (first + (width + 3) * len(table.levels)))
        for line in table.lines_of(quantity):
            cells = [_format_quantity(quantity, table, table.cells.get((line, level))) for level in table.levels]
            lines.append(f"{line_label(line):<{first}}" + "".join(f"   {cell}" for cell in cells))
        lines.append("")
    lines[-1] = table.footnote
    return "\n".join(text.rstrip() for text in lines)


def _format_quantity(quantity: Quantity, table: Table, cell: Cell | None) -> str:
    ours = quantity.text(cell.ours) if cell and quantity.key in cell.ours else "-"
    mark = "*" if cell and quantity.key in cell.best else " "
    if not table.in_paper(quantity):
        return f"{ours:>6}{mark}" + " " * 7 * table.has_paper
    paper = quantity.text(cell.paper) if cell and cell.paper and quantity.key in cell.paper else "-"
    return f"{ours:>6}{mark} {paper:>6}"
