"""Report rows as plain-text tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from dlnet_tf.evaluation.rows import Row
from dlnet_tf.reporting.grouping import Cell, Table, lay_out, line_label
from dlnet_tf.reporting.quantities import PSNR, SSIM
from dlnet_tf.reporting.tall_tables import format_by_quantity


def format_tables(rows: Sequence[Row]) -> str:
    """Return report rows as aligned text.

    Args:
        rows: report rows.

    Returns:
        One block an experiment: PSNR in dB, SSIM, l1 and l2, as far as there are any, and the paper's numbers where it
        has the experiment; `*` marks the best of a column.
    """
    return "\n\n".join((format_by_quantity if table.by_quantity else _format)(table) for table in lay_out(rows))


def _format(table: Table) -> str:
    names = ["PSNR ", "SSIM"] + (["paper "] if table.has_paper else [])
    first = max(len("PSNR in dB"), *(len(line_label(line)) for line in table.lines))
    heads = "  ".join(f"{name:>6}" for name in names)
    lines = [
        table.title,
        " " * first + "".join(f"   {level:^{len(heads)}}" for level in table.levels),
        f"{'PSNR in dB':<{first}}" + f"   {heads}" * len(table.levels),
        "-" * (first + (len(heads) + 3) * len(table.levels)),
    ]
    for line in table.lines:
        cells = [_format_cell(table, table.cells.get((line, level))) for level in table.levels]
        lines.append(f"{line_label(line):<{first}}" + "".join(f"   {cell}" for cell in cells))
    return "\n".join(text.rstrip() for text in [*lines, table.footnote])


def _format_cell(table: Table, cell: Cell | None) -> str:
    if cell is None:
        return "  ".join(["    - "] * (2 + table.has_paper))
    ours = f"{PSNR.text(cell.ours):>5}" if "psnr" in cell.ours else "    -"
    parts = [f"{ours}{'*' if 'psnr' in cell.best else ' '}"]
    parts.append(SSIM.text(cell.ours) if "ssim" in cell.ours else "    - ")
    if table.has_paper:
        if cell.paper is None:
            parts.append("    - ")
        else:
            parts.append(f"{PSNR.text(cell.paper):>5}{'+' if 'note' in cell.paper else ' '}")
    return "  ".join(parts)
