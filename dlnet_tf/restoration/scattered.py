"""Scattered pixels or holes: what a mask looks like, where nobody says which of the two tasks it is."""

from __future__ import annotations

import cv2
import numpy as np

# Side of the square whose share of missing pixels is the density at its middle.
AROUND = 17
# Limit of rho. Pixels missing by chance have 0, a line a pixel wide has 0.11 at least, other holes more than 0.3.
THRESHOLD = 0.1
# To the right, down, and along both diagonals.
_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))


def is_scattered(mask: np.ndarray) -> bool:
    """Tell whether pixels are missing one by one (interpolation) or together (inpainting).

    Where each pixel is missing by itself, one beside a missing pixel is missing as often as one anywhere near: with q
    the share of missing pixels among the neighbours of missing ones, and p that in the squares of 17 x 17 about them,

        rho = (q - p) / (1 - p)

    is 0. In a hole q is nearly 1, and so is rho. Of a regular pattern, every other row or one pixel of four, it is
    below 0.

    Args:
        mask: [H, W], 1 or true = observed, 0 = missing.

    Returns:
        Whether rho is below 0.1; false where no pixel is observed, true where none is missing.
    """
    missing = (np.asarray(mask) == 0).astype(np.uint8)
    beside = pairs = 0
    for down, right in _STEPS:
        here, there = missing[:, max(0, -right) :], missing[down:, max(0, right) :]
        height, width = min(len(here), len(there)), min(here.shape[1], there.shape[1])
        here, there = here[:height, :width], there[:height, :width]
        beside += 2 * int(np.count_nonzero(here & there))
        pairs += int(np.count_nonzero(here)) + int(np.count_nonzero(there))
    density = cv2.boxFilter(missing, cv2.CV_32F, (AROUND, AROUND), borderType=cv2.BORDER_REFLECT)
    if not missing.any():
        return True
    p = float(density[missing > 0].mean(dtype=np.float64))
    q = beside / pairs if pairs else 0.0
    return q - p < THRESHOLD * (1 - p)
