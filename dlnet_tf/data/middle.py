"""The part of a held-out photograph or clip that validation sees."""

from __future__ import annotations

import numpy as np

# Pixels.
SIDE = 240


def middle(pixels: np.ndarray) -> np.ndarray:
    """Return the middle of a photograph [H, W] or of all frames [T, H, W], at most 240 x 240 pixels."""
    top, left = (max(0, (side - SIDE) // 2) for side in pixels.shape[-2:])
    return pixels[..., top : top + SIDE, left : left + SIDE]
