"""Report rows as plain-text tables for the terminal: methods x levels, the paper's numbers beside ours."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from dlnet_tf.evaluation.labels import Row, experiment_label, level_label, method_label
from dlnet_tf.evaluation.paper import paper_row

Line = tuple[str, str | None]
"""What a line of a table holds: a method, and its network where the table has several."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """One method at one level: our row, the paper's (None where there is none), whether ours is the best."""

    ours: Row
    paper: Row | None
    best: bool


@dataclasses.dataclass(frozen=True)
class Table:
    """The rows of one experiment, laid out.

    Attributes:
        title: set, scale, network, number of images.
        levels: column labels.
        lines: in order of appearance.
        cells: by (line, level); absent where that was not measured.
        notes: how some of the paper's numbers were made, one a text.
    """

    title: str
    levels: list[str]
    lines: list[Line]
    cells: dict[tuple[Line, str], Cell]
    notes: list[str]

    @property
    def has_paper(self) -> bool:
        """Whether the paper has a number for any cell."""
        return any(cell.paper for cell in self.cells.values())


def lay_out(rows: Sequence[Row]) -> list[Table]:
    """Group rows into tables, one for each set, scale and kind of output, in order of appearance.

    Args:
        rows: report rows.

    Returns:
        The tables; the best PSNR of each column is marked, all that print alike to 0.01 dB.
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        key = tuple(row.get(name) for name in ("task", "set", "scale", "arch", "composite"))
        groups.setdefault(key, []).append(row)
    return [_table(group) for group in groups.values()]


def _table(rows: Sequence[Row]) -> Table:
    networks = {row["backbone"] for row in rows if "backbone" in row}

    def line(row: Row) -> Line:
        # One network is named in the title; several are named line by line.
        return row["method"], row.get("backbone") if len(networks) > 1 else None

    best: dict[str, float] = {}
    for row in rows:
        level = level_label(row)
        best[level] = max(best.get(level, 0.0), round(row["psnr"], 2))
    cells = {
        (line(row), level_label(row)): Cell(row, paper_row(row), round(row["psnr"], 2) == best[level_label(row)])
        for row in rows
    }
    titled = max(rows, key=lambda row: "backbone" in row) if len(networks) == 1 else rows[0]
    if len(networks) > 1:
        titled = {key: value for key, value in titled.items() if key != "backbone"}
    notes = {cell.paper["note"] for cell in cells.values() if cell.paper and "note" in cell.paper}
    return Table(
        title=experiment_label(titled),
        levels=list(best),
        lines=list(dict.fromkeys(line for line, _ in cells)),
        cells=cells,
        notes=sorted(notes),
    )


def line_label(line: Line) -> str:
    """Return what a line of a table is called, from its method and, where there are several, its network."""
    method, network = line
    return f"{method_label(method)} {network.upper()}" if network else method_label(method)


def format_tables(rows: Sequence[Row]) -> str:
    """Return report rows as aligned text.

    Args:
        rows: report rows.

    Returns:
        One block an experiment: PSNR in dB, SSIM and, where the paper has the experiment, its PSNR; `*` marks
        the best of a column.
    """
    return "\n\n".join(_format(table) for table in lay_out(rows))


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
    lines.append("* best of ours" + "".join(f"; + the paper's was {note}" for note in table.notes))
    return "\n".join(text.rstrip() for text in lines)


def _format_cell(table: Table, cell: Cell | None) -> str:
    if cell is None:
        return "  ".join(["    - "] * (2 + table.has_paper))
    parts = [f"{cell.ours['psnr']:5.2f}{'*' if cell.best else ' '}"]
    parts.append(f"{cell.ours['ssim']:6.4f}" if "ssim" in cell.ours else "    - ")
    if table.has_paper:
        if cell.paper is None:
            parts.append("    - ")
        else:
            parts.append(f"{cell.paper['psnr']:5.2f}{'+' if 'note' in cell.paper else ' '}")
    return "  ".join(parts)
