"""Restored windows as one photograph: their pixels averaged with weights that fall to zero towards their borders."""

from __future__ import annotations

import numpy as np

from dlnet_tf.resize import resize_matrix
from dlnet_tf.restoration.windows import SIDE, Layout, Window, inside

# Rows that are finished at a time.
ROWS = 256


def add(total: np.ndarray, weights: np.ndarray | None, restored: np.ndarray, window: Window, layout: Layout) -> None:
    """Add a restored window, [64, 64, C], to the weighted sum of all, and its weights to theirs unless they are None.

    Pixels that are not in the window's group weigh 0.
    """
    size = layout.labels.shape
    rows, columns = _inside(window, size)
    down = _fade(window.top, window.side, size[0])[rows.start - window.top : rows.stop - window.top]
    across = _fade(window.left, window.side, size[1])[columns.start - window.left : columns.stop - window.left]
    # In parts, as a window may be as large as the photograph.
    for first in range(rows.start, rows.stop, ROWS):
        part = slice(first, min(first + ROWS, rows.stop))
        share = np.outer(down[part.start - rows.start : part.stop - rows.start], across)
        share *= layout.wanted(part, columns, window.group)
        if weights is not None:
            weights[part, columns] += share
        total[part, columns] += share[..., None] * _at_full_size(restored, window, part, columns)


def finish(target: np.ndarray, total: np.ndarray, weights: np.ndarray) -> None:
    """Put what was restored in the place of the pixels of `target`, which is gray or RGB."""
    top = np.iinfo(target.dtype).max
    # In parts, so that no further images are needed.
    for first in range(0, len(target), ROWS):
        part = slice(first, first + ROWS)
        taken = weights[part] > 0
        restored = top * (total[part][taken] / weights[part][taken][:, None])
        restored = restored[..., 0] if target.ndim == 2 else restored
        target[part][taken] = np.rint(np.clip(restored, 0, top)).astype(target.dtype)


def _inside(window: Window, size: tuple[int, int]) -> tuple[slice, slice]:
    """Return the part of a photograph that is in a window."""
    return inside(window.top, window.side, size[0]), inside(window.left, window.side, size[1])


def _at_full_size(restored: np.ndarray, window: Window, rows: slice, columns: slice) -> np.ndarray:
    """Return those pixels of a restored window, [64, 64, C], that are in a part of the photograph."""
    rows, columns = (
        slice(part.start - start, part.stop - start) for part, start in ((rows, window.top), (columns, window.left))
    )
    if window.side == SIDE:
        return restored[rows, columns]
    matrix = resize_matrix(SIDE, window.side, window.side / SIDE)
    return np.tensordot(matrix[rows], np.einsum("ijc,kj->ikc", restored, matrix[columns]), 1)


def _fade(start: int, side: int, size: int) -> np.ndarray:
    """Return the weights of a window along one axis: they fall to zero, but not towards the photograph's border."""
    # The flatter, the more windows share in a pixel; the first one is not quite 0.
    fade = np.sin(np.pi * (np.arange(side) + 0.5) / side).astype(np.float32)
    if start <= 0:
        fade[: side // 2] = 1
    if start + side >= size:
        fade[side // 2 :] = 1
    return fade
