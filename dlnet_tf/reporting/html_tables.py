"""Tables of a report as HTML, with a plot of PSNR against level."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from dlnet_tf.reporting.grouping import Cell, Line, Table, line_label
from dlnet_tf.reporting.line_plot import line_plot
from dlnet_tf.reporting.quantities import PSNR, SSIM, Quantity


def table_section(table: Table, colours: Mapping[str, int]) -> str:
    """Return the table under its title and, where it has several levels, the plot beside it.

    Args:
        table: from `lay_out`.
        colours: label of a line -> number of its colour in the plot.
    """
    notes = ("The" if table.by_quantity else "PSNR in dB; the") + " best of each column in bold."
    notes += " The column “paper” holds the numbers printed in arXiv:1904.09105v4." if table.has_paper else ""
    theirs = "The paper's numbers were" if table.by_quantity else "† The paper's number was"
    notes += "".join(f" {theirs} {note}." for note in table.notes)
    parts = [_quantity(one, table) for one in table.quantities] if table.by_quantity else [_side_by_side(table)]
    parts[0] += f"<small>{escape(notes)}</small>"
    cards = [f'<div class="card scroll">{part}</div>' for part in parts]
    lines = [line for line in table.lines if line in table.measured]
    complete = [line for line in lines if all((line, level) in table.cells for level in table.levels)]
    if len(table.levels) > 1 and complete:
        plot = line_plot(
            {line_label(line): [table.cells[line, level].ours["psnr"] for level in table.levels] for line in complete},
            colours,
            table.levels,
            "PSNR in dB",
        )
        cards.insert(1, f'<div class="card">{plot}</div>')
    shown = "".join(cards)
    if len(cards) > 1:
        shown = f'<div class="{"pairs" if table.by_quantity else "pair"}">{shown}</div>'
    return f"<h2>{escape(table.title)}</h2>{shown}"


def _side_by_side(table: Table) -> str:
    """Return one table with all quantities of a level beside each other."""
    names = ["PSNR", "SSIM"] + (["paper"] if table.has_paper else [])
    levels = "".join(f'<th class="first" colspan="{len(names)}">{escape(level)}</th>' for level in table.levels)
    heads = "".join(
        f"<th{' class=first' if name == 'PSNR' else ''}>{name}</th>" for _ in table.levels for name in names
    )
    lines = "".join(
        f"<tr><th>{escape(line_label(line))}</th>"
        + "".join(_cells(table, line, level) for level in table.levels)
        + "</tr>"
        for line in table.lines
    )
    return f"<table><thead><tr><th></th>{levels}</tr><tr><th></th>{heads}</tr></thead><tbody>{lines}</tbody></table>"


def _cells(table: Table, line: Line, level: str) -> str:
    cell = table.cells.get((line, level))
    if cell is None:
        return '<td class="first">–</td><td>–</td>' + ("<td>–</td>" if table.has_paper else "")
    ours = PSNR.text(cell.ours) if "psnr" in cell.ours else "–"
    text = f'<td class="first{" best" if "psnr" in cell.best else ""}">{ours}</td>'
    text += f'<td class="minor">{SSIM.text(cell.ours)}</td>' if "ssim" in cell.ours else "<td>–</td>"
    if table.has_paper and cell.paper is None:
        text += "<td>–</td>"
    elif table.has_paper and cell.paper is not None:
        text += f'<td class="paper">{PSNR.text(cell.paper)}{"†" if "note" in cell.paper else ""}</td>'
    return text


def _quantity(quantity: Quantity, table: Table) -> str:
    """Return the table of one quantity, the paper's numbers beside ours where it has any."""
    in_paper = table.in_paper(quantity)
    levels = "".join(f'<th class="first" colspan="{1 + in_paper}">{escape(level)}</th>' for level in table.levels)
    head = f"<tr><th>{escape(quantity.label)}</th>{levels}</tr>"
    if in_paper:
        head += "<tr><th></th>" + '<th class="first">ours</th><th>paper</th>' * len(table.levels) + "</tr>"
    body = ""
    for line in table.lines_of(quantity):
        cells = [table.cells.get((line, level)) for level in table.levels]
        numbers = "".join(_quantity_cells(quantity, cell, in_paper) for cell in cells)
        body += f"<tr><th>{escape(line_label(line))}</th>{numbers}</tr>"
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def _quantity_cells(quantity: Quantity, cell: Cell | None, in_paper: bool) -> str:
    ours = quantity.text(cell.ours) if cell and quantity.key in cell.ours else "–"
    text = f'<td class="first{" best" if cell and quantity.key in cell.best else ""}">{ours}</td>'
    if not in_paper:
        return text
    paper = quantity.text(cell.paper) if cell and cell.paper and quantity.key in cell.paper else "–"
    return f'{text}<td class="paper">{paper}</td>'
