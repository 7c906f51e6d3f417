"""What an evaluation finds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from dlnet_tf.evaluation.rows import Row
from dlnet_tf.reporting.exhibits import Exhibit

Curves = Mapping[str, Mapping[str, Sequence[float]]]
"""Set and level -> method label -> the values at 1, 2, .. of what is counted, such as K; means over images."""

# Images of a set that pictures are kept of: a page with those of a hundred would be too large to open.
PICTURED = 8


@dataclasses.dataclass(frozen=True)
class CurveSection:
    """A part of the page with a plot a level.

    Attributes:
        title: title of the part.
        text: what is shown, under the title.
        curves: the plots.
        y_label: what the values are, with unit.
        x_label: what is counted from 1.
    """

    title: str
    text: str
    curves: Curves
    y_label: str
    x_label: str = "evaluation of h"


@dataclasses.dataclass
class Findings:
    """What an evaluation finds, gathered as it goes on.

    Attributes:
        title: one line.
        summary: one or two sentences.
        config: settings, of JSON types.
        rows: report rows.
        exhibits: set name -> pictures.
        curves: fidelity against step.
        sections: further curves, shown before those.
    """

    title: str
    summary: str
    config: dict[str, Any]
    rows: list[Row] = dataclasses.field(default_factory=list)
    exhibits: dict[str, list[Exhibit]] = dataclasses.field(default_factory=dict)
    curves: dict[str, dict[str, list[float]]] = dataclasses.field(default_factory=dict)
    sections: list[CurveSection] = dataclasses.field(default_factory=list)
