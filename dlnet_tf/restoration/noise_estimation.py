"""The level of white noise in an image, from the image alone: Immerkaer, CVIU 64(2), 1996, with a median."""

from __future__ import annotations

import numpy as np

from dlnet_tf.restoration.pixels import gray_levels
from dlnet_tf.rounding import rounding

# What compression does is no white noise: told twice as much of it, held-out photographs are restored best
# (benchmarks/jpeg.py).
COMPRESSION = 2.0
# Pixels along an axis that are looked at.
SIDE = 1024
# Median of the absolute value of a normal variable, in standard deviations.
MEDIAN = 0.6745


def estimate_noise_sigma(image: np.ndarray) -> float:
    """Estimate the standard deviation of white noise.

    Detail of the picture counts as noise: a sharp one without noise has some 0.01, a blurred one 0.002. Where too much
    is found in a sharp picture little is lost, as little has to be undone there.

    Args:
        image: [h, w], values in [0, 1], 3 x 3 pixels at least; NaN where it is unknown.

    Returns:
        Standard deviation, of the same scale; 0 of a smaller image, or of one that is known nowhere.
    """
    if min(image.shape) < 3:
        return 0.0
    # What is linear along an axis is gone; noise has grown by sqrt(6) an axis.
    rows = image[:-2] - 2 * image[1:-1] + image[2:]
    both = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]
    known = both[~np.isnan(both)]
    return float(np.median(np.abs(known)) / MEDIAN / 6) if known.size else 0.0


def of_photograph(image: np.ndarray) -> float:
    """Estimate the level of noise of a photograph's luminance, from its middle.

    Args:
        image: uint8 or uint16, [h, w] or [h, w, C] as in `super_resolve`.

    Returns:
        Standard deviation, where white is 1; that of rounding to the dtype at least.
    """
    top, left = (max(0, (side - SIDE) // 2) for side in image.shape[:2])
    middle = image[top : top + SIDE, left : left + SIDE]
    luma = gray_levels(middle if middle.ndim == 3 else middle[..., None])
    if middle.ndim == 3 and middle.shape[2] in (2, 4):
        # What is cut out of a picture is flat and noiseless.
        luma = np.where(middle[..., -1] == 0, np.nan, luma)
    return max(estimate_noise_sigma(luma / 255), rounding(image.dtype))
