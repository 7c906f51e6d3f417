"""How far a JPEG is from the picture that was compressed, from its own quantisation table."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from dlnet_tf.rounding import EIGHT_BITS

# Blocks that are looked at.
BLOCKS = 4096
# Shares of red, green and blue: JFIF, after ITU-R BT.601.
LUMINANCE = (0.299, 0.587, 0.114)


def jpeg_noise(table: Sequence[int], pixels: np.ndarray) -> float:
    """Estimate the standard deviation of what compression did to the luminance, rounding included.

    Each coefficient of the 8 x 8 cosine transform was rounded to a multiple of its step q. Taken as Laplacian of scale
    b, a share p = exp(-q / 2b) of them is not zero, which tells b. Those have an error of q^2 / 12, the others of what
    they were: the second moment of the distribution within q / 2 of zero.

    Args:
        table: the 64 steps of the luminance, row by row.
        pixels: the decoded picture as it was stored, before it is turned: uint8 [H, W], or [H, W, C].

    Returns:
        Standard deviation, of values in [0, 1].
    """
    step = np.reshape(np.asarray(table, np.float64), (8, 8))
    blocks = _blocks(pixels)
    if not len(blocks) or not np.all(step > 0):
        return EIGHT_BITS
    basis = cv2.dct(np.eye(8), flags=cv2.DCT_ROWS).T
    # Half a step is where rounding to zero ends, and the rounding of pixels is far below it or does not matter.
    shares = np.mean(np.abs(basis @ blocks @ basis.T) > step / 2, axis=0)
    # The mean says nothing of detail.
    shares.flat[0] = 0
    if not np.any(shares):
        return EIGHT_BITS
    # One that is never seen is no larger than the smallest that is, and rarer than one block in two times as many.
    scale = step / 2 / -np.log(np.clip(shares, 0.5 / len(blocks), 1 - 0.5 / len(blocks)))
    scale = np.where(shares > 0, scale, np.minimum(scale, np.min(scale, where=shares > 0, initial=np.inf)))
    ratio = step / 2 / scale
    within = 2 * scale**2 - np.exp(-ratio) * ((step / 2) ** 2 + step * scale + 2 * scale**2)
    # y has the luminance of a colour picture in 219 levels.
    levels = 219 if pixels.ndim == 3 and pixels.shape[2] >= 3 else 255
    return levels / 255 * math.sqrt(np.mean(within + np.exp(-ratio) * step**2 / 12) + 1 / 12) / 255


def _blocks(pixels: np.ndarray) -> np.ndarray:
    """Take out the luminance of some 8 x 8 blocks, evenly spread, about zero: [N, 8, 8]."""
    rows, columns = (side // 8 for side in pixels.shape[:2])
    if not rows * columns:
        return np.empty((0, 8, 8))
    parts = pixels[: 8 * rows, : 8 * columns].reshape(rows, 8, columns, 8, -1)
    taken = np.arange(0, rows * columns, -(-rows * columns // BLOCKS))
    blocks = parts[taken // columns, :, taken % columns].astype(np.float64)
    # A JPEG's luminance spans all levels.
    weights = LUMINANCE if blocks.shape[-1] >= 3 else [1.0]
    return blocks[..., : len(weights)] @ np.asarray(weights) - 128
