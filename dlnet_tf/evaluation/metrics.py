"""PSNR, SSIM, l1 and l2 of one image, in NumPy and float64."""

from __future__ import annotations

import cv2
import numpy as np

SSIM_WINDOW = 11
SSIM_TAPS = cv2.getGaussianKernel(SSIM_WINDOW, 1.5, cv2.CV_64F)[:, 0]
SSIM_C1, SSIM_C2 = 0.01**2, 0.03**2


def to_eight_bit(image: np.ndarray) -> np.ndarray:
    """Clip an image in [0, 1] and round it to uint8, as a file would hold it.

    Args:
        image: floating array of any shape.

    Returns:
        uint8, same shape.
    """
    return np.rint(np.clip(image, 0.0, 1.0) * 255.0).astype(np.uint8)


def psnr(restored: np.ndarray, clean: np.ndarray) -> float:
    """Peak signal-to-noise ratio of two 8-bit images, over all pixels and channels.

    Args:
        restored: uint8, any shape.
        clean: uint8, same shape.

    Returns:
        10 log10(255^2 / mean squared error) in dB; inf when the two are equal.
    """
    error = np.mean((same_eight_bit(restored, clean) - clean) ** 2)
    return float(10.0 * np.log10(255.0**2 / error)) if error > 0 else float("inf")


def ssim(restored: np.ndarray, clean: np.ndarray) -> float:
    """Structural similarity (Wang et al., IEEE TIP 13(4), 2004) of two 8-bit images, the mean over channels.

    Gaussian window of 11 x 11 pixels, standard deviation 1.5, only where it lies inside the image;
    K1 = 0.01, K2 = 0.03, population moments.

    Args:
        restored: uint8 [H, W] or [H, W, C], at least 11 x 11 pixels.
        clean: uint8, same shape.

    Returns:
        At most 1, which means equal.

    Raises:
        ValueError: the image is smaller than the window.
    """
    a = same_eight_bit(restored, clean) / 255.0
    b = clean / 255.0
    if min(a.shape[:2]) < SSIM_WINDOW:
        raise ValueError(f"expected at least 11 x 11 pixels for SSIM, found {a.shape[0]} x {a.shape[1]}")
    mean_a, mean_b = _windowed(a), _windowed(b)
    variance_a = _windowed(a * a) - mean_a**2
    variance_b = _windowed(b * b) - mean_b**2
    covariance = _windowed(a * b) - mean_a * mean_b
    similarity = ((2 * mean_a * mean_b + SSIM_C1) * (2 * covariance + SSIM_C2)) / (
        (mean_a**2 + mean_b**2 + SSIM_C1) * (variance_a + variance_b + SSIM_C2)
    )
    return float(similarity.mean())


def l1(restored: np.ndarray, clean: np.ndarray) -> float:
    """Mean absolute error on the [-1, 1] scale, without clipping, as the paper's inpainting tables give it.

    Args:
        restored: floating array, values about [0, 1].
        clean: same shape, in [0, 1].
    """
    return float(2.0 * np.mean(np.abs(restored.astype(np.float64) - clean)))


def l2(restored: np.ndarray, clean: np.ndarray) -> float:
    """Mean squared error on the [-1, 1] scale, without clipping, as the paper's inpainting tables give it.

    Args:
        restored: floating array, values about [0, 1].
        clean: same shape, in [0, 1].
    """
    return float(4.0 * np.mean((restored.astype(np.float64) - clean) ** 2))


def same_eight_bit(restored: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Return the first of two uint8 arrays of one shape as float64; raises ValueError where they are none."""
    # float64 before any subtraction: uint8 would wrap around. A broadcast would hide a missing channel.
    if restored.shape != clean.shape or restored.dtype != np.uint8 or clean.dtype != np.uint8:
        found = f"{restored.dtype} {list(restored.shape)} and {clean.dtype} {list(clean.shape)}"
        raise ValueError(f"expected two uint8 images of one shape, found {found}")
    return restored.astype(np.float64)


def _windowed(image: np.ndarray) -> np.ndarray:
    inside = slice(SSIM_WINDOW // 2, -(SSIM_WINDOW // 2))
    return cv2.sepFilter2D(image, cv2.CV_64F, SSIM_TAPS, SSIM_TAPS)[inside, inside]
