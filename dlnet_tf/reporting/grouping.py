"""Report rows as tables: methods x levels, the paper's numbers beside ours."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from dlnet_tf import networks
from dlnet_tf.evaluation.rows import Row
from dlnet_tf.method_labels import method_label
from dlnet_tf.reporting.labels import experiment_label, level_label, row_method
from dlnet_tf.reporting.paper import missing_rows, paper_row
from dlnet_tf.reporting.quantities import QUANTITIES, Quantity

# What all rows of a table agree in.
_SHARED = ("task", "set", "scale", "arch", "boundary_band", "adversarial_weight", "composite", "noise_sigma")

Line = tuple[str, str | None]
"""What a line of a table holds: a method, and its network where the table has several."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """One method at one level: our row, the paper's (None where there is none), in which quantities ours is best.

    Where only the paper has numbers, ours is a row without any.
    """

    ours: Row
    paper: Row | None
    best: frozenset[str]


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

    @property
    def measured(self) -> set[Line]:
        """The lines with numbers of ours; on others the paper's stand alone."""
        return {line for (line, _), cell in self.cells.items() if "psnr" in cell.ours}

    @property
    def quantities(self) -> list[Quantity]:
        """What was measured."""
        return [quantity for quantity in QUANTITIES if any(quantity.key in cell.ours for cell in self.cells.values())]

    def in_paper(self, quantity: Quantity) -> bool:
        """Whether the paper has a number of this quantity for any cell."""
        return any(quantity.key in (cell.paper or {}) for cell in self.cells.values())

    def lines_of(self, quantity: Quantity) -> list[Line]:
        """The lines that have a number of this quantity, ours or the paper's."""
        found = {line for (line, _), cell in self.cells.items() if quantity.key in {*cell.ours, *(cell.paper or {})}}
        return [line for line in self.lines if line in found]

    @property
    def footnote(self) -> str:
        """What the marks mean, and how the paper's numbers were made, in one line."""
        # Where quantities stand under one another there is no room for marks, and a note is on all the paper's numbers.
        mark = "" if self.by_quantity else "+ "
        return "* best of ours" + "".join(f"; {mark}the paper's number was {note}" for note in self.notes)

    @property
    def by_quantity(self) -> bool:
        """Whether there is so much in a cell that the quantities stand under one another and not side by side."""
        return len(self.quantities) > 2


def lay_out(rows: Sequence[Row]) -> list[Table]:
    """Group rows into tables, one for each set, scale, network and kind of output, in order of appearance.

    Args:
        rows: report rows.

    Returns:
        The tables; the best number of each column is marked, all that print alike.
    """
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(_shared(row, rows), []).append(row)
    return [_table(group) for group in groups.values()]


def _shared(row: Row, rows: Sequence[Row]) -> tuple[object, ...]:
    """Name the table of a row; a row without a network joins that of the first network on the same images."""
    if "level" in row and "arch" not in row:
        places = ("task", "set", "composite")
        alike = (other for other in rows if "arch" in other and all(other.get(p) == row.get(p) for p in places))
        row = next(alike, row)
    return tuple(row.get(name) for name in _SHARED)


def _table(rows: Sequence[Row]) -> Table:
    networks = {row["backbone"] for row in rows if "backbone" in row}

    def line(row: Row) -> Line:
        # One network is named in the title; several are named line by line.
        return row_method(row), row.get("backbone") if len(networks) > 1 else None

    columns: dict[str, list[Row]] = {}
    for row in rows:
        columns.setdefault(level_label(row), []).append(row)
    best = {(level, one.key): one.best(column) for level, column in columns.items() for one in QUANTITIES}

    def best_in(row: Row) -> frozenset[str]:
        measured = [one for one in QUANTITIES if one.key in row]
        return frozenset(one.key for one in measured if one.text(row) == best[level_label(row), one.key])

    shown = [*rows, *missing_rows(rows)]
    cells = {(line(row), level_label(row)): Cell(row, paper_row(row), best_in(row)) for row in shown}
    titled = max(rows, key=lambda row: ("backbone" in row or "arch" in row, row.get("corruptions", 1)))
    if len(networks) > 1:
        titled = {key: value for key, value in titled.items() if key != "backbone"}
    notes = {cell.paper["note"] for cell in cells.values() if cell.paper and "note" in cell.paper}
    return Table(
        title=experiment_label(titled),
        levels=list(columns),
        lines=list(dict.fromkeys(line for line, _ in cells)),
        cells=cells,
        notes=sorted(notes),
    )


def line_label(line: Line) -> str:
    """Return what a line of a table is called, from its method and, where there are several, its network."""
    method, network = line
    return f"{method_label(method)} {networks.label(network)}" if network else method_label(method)
