"""What a network of 64 x 64 pixels sees of a photograph in a window."""

from __future__ import annotations

import cv2
import numpy as np

from dlnet_tf.restoration.pixels import fill_invisible
from dlnet_tf.restoration.windows import SIDE, Window


def view_of(
    image: np.ndarray, observed: np.ndarray, window: Window, alpha: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return what a network sees in a window: degraded [64, 64, 3] in [0, 1], mask [64, 64, 1], both float32.

    Where an alpha is given, colours that are invisible are taken from the nearest visible pixels that are observed.
    """
    height, width = observed.shape
    part = np.ix_(_mirrored(window.top, window.side, height), _mirrored(window.left, window.side, width))
    mask = observed[part].astype(np.float32)
    # A pixel that is missing in part is missing, so that the other ones are true means.
    seen = (_reduced(mask) > 1 - 1e-5).astype(np.float32)[..., None]
    weight = None
    if alpha is not None:
        mask *= alpha[part] > 0
        weight = _reduced(mask)
    # One channel after the other, as a window may be as large as the photograph.
    channels = []
    for channel in [image] if image.ndim == 2 else np.moveaxis(image, -1, 0):
        degraded = channel[part].astype(np.float32)
        degraded *= mask
        degraded = _reduced(degraded)
        if weight is not None:
            degraded = fill_invisible(degraded / np.maximum(weight, 1e-5), weight > 1e-5)
        channels.append(degraded / np.iinfo(image.dtype).max)
    return np.stack(channels * (3 // len(channels)), axis=-1) * seen, seen


def _reduced(image: np.ndarray) -> np.ndarray:
    """Average a window over areas down to 64 x 64."""
    return image if len(image) == SIDE else cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def _mirrored(start: int, side: int, size: int) -> np.ndarray:
    """Return the pixels of a window along one axis; beyond the border the photograph is reflected, edge repeated."""
    index = np.arange(start, start + side) % (2 * size)
    return np.minimum(index, 2 * size - 1 - index)
