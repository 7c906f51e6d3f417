"""A photograph as a screen shows it: 8 bits, on white, reduced."""

from __future__ import annotations

import cv2
import numpy as np

from dlnet_tf.imagefiles.images import eight_bits

# Rows that are mixed at a time, as photographs may be large.
ROWS = 256


def on_white(pixels: np.ndarray) -> np.ndarray:
    """Return pixels of any kind in 8 bits, with white where they are transparent.

    Args:
        pixels: uint8 or uint16, [H, W] or [H, W, C]: gray, gray and alpha, RGB, or RGB and alpha.

    Returns:
        uint8, [H, W] gray or [H, W, 3] RGB.
    """
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return eight_bits(pixels)
    shown = np.empty((*pixels.shape[:2], pixels.shape[2] - 1), np.uint8)
    for first in range(0, len(pixels), ROWS):
        part = eight_bits(pixels[first : first + ROWS])
        # At most 255 * 255 + 127, for which 16 bits are enough.
        darkness = (255 - part[..., :-1]).astype(np.uint16) * part[..., -1:]
        shown[first : first + ROWS] = 255 - (darkness + 127) // 255
    return shown[..., 0] if shown.shape[2] == 1 else shown


def reduced(image: np.ndarray, longest: int) -> np.ndarray:
    """Return an image reduced by area averaging, so that no side is longer than `longest` pixels."""
    factor = longest / max(image.shape[:2])
    if factor >= 1:
        return image
    width, height = (max(1, round(side * factor)) for side in image.shape[1::-1])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), image.dtype)
