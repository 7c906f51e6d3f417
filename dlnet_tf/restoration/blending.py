"""Restored windows as one photograph: their pixels averaged with weights that fall to zero towards their borders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlnet_tf.resize import resize_matrix
from dlnet_tf.restoration.windows import SIDE, Layout, Window, inside

# Rows that are finished at a time.
ROWS = 256


class Mosaic:
    """Sums of restored windows, weighted, for the planes of a photograph: its colours, and its alpha if it varies.

    Args:
        layout: where the windows are.
        channels: of each plane, 1 or 3.
    """

    def __init__(self, layout: Layout, channels: Sequence[int]) -> None:
        self._layout, self._size = layout, layout.labels.shape
        self._weights = np.zeros(self._size, np.float32)
        self._totals = [np.zeros((*self._size, number), np.float32) for number in channels]

    def add(self, window: Window, restored: Sequence[np.ndarray]) -> None:
        """Add a window, [64, 64, C] of each plane; pixels that are not in its group weigh 0."""
        rows = inside(window.top, window.side, self._size[0])
        columns = inside(window.left, window.side, self._size[1])
        down = _fade(window.top, window.side, self._size[0])[rows.start - window.top : rows.stop - window.top]
        across = _fade(window.left, window.side, self._size[1])
        across = across[columns.start - window.left : columns.stop - window.left]
        # In parts, as a window may be as large as the photograph.
        for first in range(rows.start, rows.stop, ROWS):
            part = slice(first, min(first + ROWS, rows.stop))
            share = np.outer(down[part.start - rows.start : part.stop - rows.start], across)
            share *= self._layout.wanted(part, columns, window.group)
            self._weights[part, columns] += share
            for total, values in zip(self._totals, restored, strict=True):
                total[part, columns] += share[..., None] * _at_full_size(values, window, part, columns)

    def finish(self, targets: Sequence[np.ndarray]) -> None:
        """Put what was restored in the place of the pixels of each plane, [H, W] or [H, W, 3]."""
        for target, total in zip(targets, self._totals, strict=True):
            top = np.iinfo(target.dtype).max
            # In parts, so that no further images are needed.
            for first in range(0, len(target), ROWS):
                part = slice(first, first + ROWS)
                taken = self._weights[part] > 0
                restored = top * (total[part][taken] / self._weights[part][taken][:, None])
                restored = restored[..., 0] if target.ndim == 2 else restored
                target[part][taken] = np.rint(np.clip(restored, 0, top)).astype(target.dtype)


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
