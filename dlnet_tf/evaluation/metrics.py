"""PSNR, l1 and l2 of the images of a batch, in NumPy and float64."""

from __future__ import annotations

import numpy as np


def to_eight_bit(image: np.ndarray) -> np.ndarray:
    """Clip an image in [0, 1] and round it to uint8, as a file would hold it.

    Args:
        image: floating array of any shape.

    Returns:
        uint8, same shape.
    """
    return np.rint(np.clip(image, 0.0, 1.0) * 255.0).astype(np.uint8)


def psnr(restored: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratios of 8-bit images, each over all pixels and channels.

    Args:
        restored: uint8 [B, ...].
        clean: uint8, same shape.

    Returns:
        10 log10(255^2 / mean squared error) in dB, [B], float64; inf where two images are equal.
    """
    error = _mean_square(same_eight_bit(restored, clean) - clean)
    with np.errstate(divide="ignore"):
        return 10.0 * np.log10(255.0**2 / error)


def l1(restored: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Mean absolute errors on the [-1, 1] scale, without clipping, as the paper's inpainting tables give them.

    Args:
        restored: floating [B, ...], values about [0, 1].
        clean: same shape, in [0, 1].

    Returns:
        [B], float64.
    """
    error = np.abs(restored.astype(np.float64) - clean)
    return 2.0 * error.reshape(len(error), -1).mean(axis=1)


def l2(restored: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Mean squared errors on the [-1, 1] scale, without clipping; arguments and result as of `l1`."""
    return 4.0 * _mean_square(restored.astype(np.float64) - clean)


def same_eight_bit(restored: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Return the first of two uint8 arrays of one shape as float64; raises ValueError where they are none."""
    # float64 before any subtraction: uint8 would wrap around. A broadcast would hide a missing channel.
    if restored.shape != clean.shape or restored.dtype != np.uint8 or clean.dtype != np.uint8:
        found = f"{restored.dtype} {list(restored.shape)} and {clean.dtype} {list(clean.shape)}"
        raise ValueError(f"expected two uint8 images of one shape, found {found}")
    return restored.astype(np.float64)


def _mean_square(error: np.ndarray) -> np.ndarray:
    flat = error.reshape(len(error), -1)
    return np.einsum("bi,bi->b", flat, flat) / flat.shape[1]
