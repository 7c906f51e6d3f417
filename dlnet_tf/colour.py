"""MATLAB's `rgb2ycbcr` (ITU-R BT.601, Y in 16..235 on the 8-bit scale) and its inverse."""

from __future__ import annotations

import numpy as np

_OFFSET = np.array([16.0, 128.0, 128.0])
_TO_YCBCR = np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]]) / 255.0
_TO_RGB = np.linalg.inv(_TO_YCBCR)


def rgb_to_ycbcr(rgb: np.ndarray) -> np.ndarray:
    """Convert RGB to YCbCr, both on the 0..255 scale, without rounding.

    Args:
        rgb: [..., 3], any real dtype, values in [0, 255].

    Returns:
        [..., 3] float64: Y in [16, 235], Cb and Cr in [16, 240].
    """
    return rgb.astype(np.float64) @ _TO_YCBCR.T + _OFFSET


def ycbcr_to_rgb(ycbcr: np.ndarray) -> np.ndarray:
    """Convert YCbCr back to RGB, both on the 0..255 scale, without rounding or clipping.

    Args:
        ycbcr: [..., 3], any real dtype, as `rgb_to_ycbcr` returns it.

    Returns:
        [..., 3] float64; out-of-gamut colours leave [0, 255].
    """
    return (ycbcr.astype(np.float64) - _OFFSET) @ _TO_RGB.T


def luminance(image: np.ndarray) -> np.ndarray:
    """Return Y of MATLAB's `rgb2ycbcr` on uint8: rounded, 16..235; a grayscale image is returned as it is.

    Args:
        image: [H, W] or [H, W, 3] uint8.

    Returns:
        [H, W] uint8.

    Raises:
        ValueError: if `image` is not uint8 of one of these shapes.
    """
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise ValueError(f"expected uint8 [H, W] or [H, W, 3], found {image.dtype} {list(image.shape)}")
    if image.ndim == 2:
        return image
    # In integers, 1/255000 a unit: in floats the rare exact half would round by the order of the additions.
    y = image.astype(np.int64) @ np.array([65481, 128553, 24966]) + 16 * 255000
    return ((y + 127500) // 255000).astype(np.uint8)
