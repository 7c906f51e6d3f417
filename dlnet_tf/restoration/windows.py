"""The windows of 64 x 64 pixels in which a network sees a photograph of any size: every missing pixel is in one."""

from __future__ import annotations

import dataclasses
import math

import cv2
import numpy as np

SIDE = 64
# Pixels between windows for scattered pixels.
STEP = 16
# Rows of the photograph that are searched at a time.
ROWS = 256
# Holes are up to 30 px wide in training.
HOLE = 30


@dataclasses.dataclass(frozen=True)
class Window:
    """A square part of a photograph, reduced to 64 x 64 pixels if it is larger.

    Attributes:
        top: first row; negative where the photograph is smaller than the window.
        left: first column.
        side: height and width in pixels of the photograph.
        group: the pixels of this group are taken from this window.
    """

    top: int
    left: int
    side: int
    group: int


@dataclasses.dataclass(frozen=True)
class Layout:
    """What is taken from where.

    Attributes:
        windows: those that together cover all pixels that are wanted.
        labels: [H, W], the region of each pixel.
        groups: [number of regions], region -> group, -1 where nothing is restored.
        how: what is done, in words.
    """

    windows: list[Window]
    labels: np.ndarray
    groups: np.ndarray
    how: str

    def wanted(self, rows: np.ndarray | slice, columns: np.ndarray | slice, group: int) -> np.ndarray:
        """Tell which pixels of a part of the photograph are in a group, bool [h, w]."""
        return self.groups[self.labels[rows, columns]] == group


def inside(start: int, side: int, size: int) -> slice:
    """Return the pixels of a window that are in the photograph, along one axis."""
    return slice(max(start, 0), min(start + side, size))


def _starts(low: int, high: int, side: int, size: int, step: int) -> list[int]:
    """Place windows along an axis of `size` pixels: one about [low, high), or several, `step` pixels apart or less."""
    if high - low <= side:
        centred = (low + high - side) // 2
        return [min(max(centred, 0), size - side) if size >= side else (size - side) // 2]
    steps = math.ceil((high - low - side) / step)
    return np.rint(np.linspace(low, high - side, steps + 1)).astype(int).tolist()


def _covering(box: np.ndarray, side: int, group: int, size: tuple[int, int], step: int | None = None) -> list[Window]:
    """Cover a box (top, left, bottom, right), with windows that are `step` or half a side apart."""
    step = step or side // 2
    top, left, bottom, right = (int(edge) for edge in box)
    return [
        Window(row, column, side, group)
        for row in _starts(top, bottom, side, size[0], step)
        for column in _starts(left, right, side, size[1], step)
    ]


def _needed(windows: list[Window], labels: np.ndarray, groups: np.ndarray) -> list[Window]:
    """Leave out windows without a pixel of their group."""
    height, width = labels.shape

    def is_needed(window: Window) -> bool:
        part = labels[inside(window.top, window.side, height), inside(window.left, window.side, width)]
        return bool((groups[part] == window.group).any())

    return [window for window in windows if is_needed(window)]


def grid(mask: np.ndarray, composite: bool) -> Layout:
    """Lay out for scattered pixels: windows of 64 x 64 that overlap by three quarters or more.

    A network of faces errs at places of its own, among them the eyes'. These show as dots every 32 px in windows that
    are 32 px apart; 16 px apart they are averaged away.

    Args:
        mask: [H, W], 1 = observed.
        composite: whether missing pixels alone are wanted; windows without any are left out.
    """
    size = mask.shape
    labels, groups = (mask == 0).astype(np.uint8), np.array([-1 if composite else 0, 0], np.int32)
    windows = _needed(_covering(np.array([0, 0, *size]), SIDE, 0, size, STEP), labels, groups)
    how = "nothing to restore"
    if windows:
        how = "one tile" if len(windows) == 1 else f"{len(windows)} overlapping tiles"
    return Layout(windows, labels, groups, how)


def holes(mask: np.ndarray, composite: bool) -> Layout:
    """Lay out the windows of holes: one around each, or several that overlap along a long one.

    What a hole needs depends on its width, the side of the largest square in it. Up to the 30 pixels of the training
    it is seen at full size in windows of 64 pixels; about a wider one windows are larger in proportion, up to the size
    of the photograph. A window covers a hole with a quarter of its side to spare; where the hole is longer than that,
    windows overlap by half or more. Holes that lie in the window of another, an eighth of its side from its border, are
    taken from it too.

    Args:
        mask: [H, W], 1 = observed.
        composite: whether missing pixels alone are wanted; if not, others cover the observed ones.
    """
    size = mask.shape
    missing = (mask == 0).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(missing, connectivity=8)
    extent = stats[:, [cv2.CC_STAT_HEIGHT, cv2.CC_STAT_WIDTH]]
    corner = stats[:, [cv2.CC_STAT_TOP, cv2.CC_STAT_LEFT]]
    sides = _sides(missing, labels, extent.max(axis=1))
    # A window larger than the photograph would show little else than its mirror images.
    sides = np.minimum(sides, max(SIDE, min(size)))
    # Training leaves 7 of 64 pixels at least between a hole and the border.
    boxes, narrow = (
        np.concatenate([np.maximum(corner - spare, 0), np.minimum(corner + extent + spare, size)], axis=1)
        for spare in (sides[:, None] // 4, sides[:, None] // 8)
    )
    fits = (boxes[:, 2:] - boxes[:, :2] <= sides[:, None]).all(axis=1)

    groups = np.full(count, -1, np.int32)
    windows: list[Window] = []
    # The label 0 is what is observed.
    for label in 1 + np.argsort(-sides[1:] * 4 - extent[1:].max(axis=1), kind="stable"):
        if groups[label] >= 0:
            continue
        group, side = len(windows), int(sides[label])
        groups[label] = group
        covering = _covering(boxes[label], side, group, size)
        if fits[label]:
            start = np.array([covering[0].top, covering[0].left])
            within = (narrow[:, :2] >= start).all(axis=1) & (narrow[:, 2:] <= start + side).all(axis=1)
            # A smaller window would show it larger.
            groups[within & fits & (sides == side) & (groups < 0) & (np.arange(count) > 0)] = group
        windows += covering if fits[label] else _needed(covering, labels, groups)
    how = _in_words(sides[1:] / SIDE, fits[1:])
    if not composite:
        group = len(windows)
        groups[0] = group
        shown = _needed(_covering(np.array([0, 0, *size]), SIDE, group, size), labels, groups)
        windows += shown
        how += f"; {len(shown)} tiles for the pixels that are known" if shown else ""
    return Layout(windows, labels, groups, how)


def _sides(missing: np.ndarray, labels: np.ndarray, longest: np.ndarray) -> np.ndarray:
    """Return the side of each region's windows, from the widest square in it."""
    reach: np.ndarray
    if missing.all():
        reach = np.full(missing.shape, np.inf, np.float32)
    else:
        # Beyond the border of the photograph nothing is observed either.
        reach = cv2.distanceTransform(missing, cv2.DIST_C, 3)
    deepest = np.zeros(len(longest))
    # By parts, as the pixels of a hole are copied here.
    for first in range(0, len(missing), ROWS):
        part = slice(first, first + ROWS)
        within = missing[part] > 0
        np.maximum.at(deepest, labels[part][within], reach[part][within])
    breadth = np.minimum(2 * deepest, longest)
    return np.maximum(SIDE, np.rint(SIDE * breadth / HOLE)).astype(int)


def _in_words(factors: np.ndarray, fits: np.ndarray) -> str:
    """Describe how holes are restored that are reduced by these factors."""
    if not len(factors):
        return "nothing to restore"
    full = factors == 1
    parts = []
    if full.any():
        parts.append(f"{full.sum()} {'hole' if full.sum() == 1 else 'holes'} at full size")
    if not full.all():
        low, high = (f"{factor:.1f}" for factor in (factors[~full].min(), factors[~full].max()))
        noun = "" if parts else "hole " if (~full).sum() == 1 else "holes "
        parts.append(f"{(~full).sum()} {noun}reduced {low if low == high else f'{low} to {high}'} times")
    if not fits.all():
        parts.append(f"{(~fits).sum()} of them in overlapping windows" if len(fits) > 1 else "in overlapping windows")
    return ", ".join(parts)
