"""A small line plot as inline SVG; its colours come from the style sheet of the page around it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

_WIDTH, _HEIGHT = 480, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 132, 30, 42
# Width of a letter of a label, generously.
_LETTER = 9
# The style sheet has as many.
_COLOURS = 10
_LABEL_GAP = 15
# Beyond this ratio a linear axis would flatten all but the largest values.
_LOG_RATIO = 20.0


def line_plot(
    series: Mapping[str, Sequence[float]],
    colours: Mapping[str, int],
    x_labels: Sequence[str],
    y_label: str,
    x_label: str = "",
) -> str:
    """Draw one line a series, each labelled at its end.

    Args:
        series: label -> one value for each x, or for the first few; what is not finite leaves no point.
        colours: label -> number of its colour, the same in every plot of a page.
        x_labels: text under each x.
        y_label: what the values are, with unit.
        x_label: what x is.

    Returns:
        An `<svg>` element. The y axis is logarithmic where all values are positive and spread over more than
        20 to 1.
    """
    lines = {label: [(index, v) for index, v in enumerate(line) if math.isfinite(v)] for label, line in series.items()}
    lines = {label: line for label, line in lines.items() if line}
    values = [value for line in lines.values() for _, value in line] or [0.0]
    # Labels that are too long for the margin widen the picture.
    margin = max(_RIGHT, *(_LETTER * len(label) + 8 for label in lines)) if lines else _RIGHT
    width = _WIDTH + margin - _RIGHT
    log = min(values) > 0 and max(values) > _LOG_RATIO * min(values)
    ticks = (_log_ticks if log else _linear_ticks)(min(values), max(values))
    low, high = (math.log10(ticks[0]), math.log10(ticks[-1])) if log else (ticks[0], ticks[-1])

    def x(index: int) -> float:
        # A little air on both sides, so that no point sits on the axis.
        return _LEFT + (index + 0.3) * (_WIDTH - _LEFT - _RIGHT) / (len(x_labels) - 1 + 0.6)

    def y(value: float) -> float:
        height = math.log10(value) if log else value
        return _HEIGHT - _BOTTOM - (height - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg class="plot" viewBox="0 0 {width} {_HEIGHT}" role="img" aria-label="{escape(y_label)}">',
        f'<text class="axis" x="4" y="12">{escape(y_label)}{" (logarithmic)" if log else ""}</text>',
    ]
    for tick in ticks:
        at = y(tick)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text class="axis" x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for index, label in enumerate(x_labels):
        parts.append(
            f'<text class="axis" x="{x(index):.1f}" y="{_HEIGHT - _BOTTOM + 17}" text-anchor="middle">'
            f"{escape(label)}</text>"
        )
    if x_label:
        middle = (_LEFT + _WIDTH - _RIGHT) / 2
        parts.append(f'<text class="axis" x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">{escape(x_label)}</text>')
    label_heights = _apart([y(line[-1][1]) for line in lines.values()])
    for label_height, (label, line) in zip(label_heights, lines.items(), strict=True):
        points = [(x(index), y(value), f"{x_labels[index]}: {value:.4g}") for index, value in line]
        parts += _series(label, colours[label], points, label_height)
    return "".join([*parts, "</svg>"])


def _series(label: str, colour: int, points: Sequence[tuple[float, float, str]], label_height: float) -> list[str]:
    """Draw a line through points (x, y, what is said of it), with its label at the end."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    parts = [f'<g class="series s{colour % _COLOURS}"><polyline points="{path}"/>']
    for x, y, words in points:
        title = f"<title>{escape(label)}, {escape(words)}</title>"
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5">{title}</circle>')
    return [*parts, f'<text x="{_WIDTH - _RIGHT + 4}" y="{label_height + 4:.1f}">{escape(label)}</text></g>']


def _linear_ticks(low: float, high: float) -> list[float]:
    span = max(high - low, 1e-3 * max(abs(high), 1e-9))
    step = 10.0 ** math.floor(math.log10(span / 2))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (factor * step) <= 5)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [float(f"{step * index:.12g}") for index in range(first, max(last, first + 1) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    stride = max(1, -(-(last - first) // 5))
    return [10.0**power for power in range(first, last + stride, stride)]


def _apart(heights: Sequence[float]) -> list[float]:
    """Move label heights apart so that none overlap, in the same order and inside the plot."""
    order = np.argsort(heights, kind="stable")
    placed = np.array(heights, np.float64)
    lowest = _HEIGHT - _BOTTOM
    for previous, current in zip(order, order[1:], strict=False):
        placed[current] = max(placed[current], placed[previous] + _LABEL_GAP)
    for current, following in zip(order[::-1], [None, *order[::-1]], strict=False):
        limit = lowest if following is None else placed[following] - _LABEL_GAP
        placed[current] = min(placed[current], limit)
    return placed.tolist()
