"""SSIM of the images of a batch, in NumPy and float64."""

from __future__ import annotations

import cv2
import numpy as np

from dlnet_tf.evaluation.metrics import same_eight_bit

SSIM_WINDOW = 11
SSIM_TAPS = cv2.getGaussianKernel(SSIM_WINDOW, 1.5, cv2.CV_64F)[:, 0]
SSIM_C1, SSIM_C2 = 0.01**2, 0.03**2
# Images whose SSIM is computed together: more of them would leave the processor's cache.
_TOGETHER = 2
# Outputs of one matrix product: the Gaussian is a band matrix, and most of a wide one is zeros.
_BLOCK = 18


def ssim(restored: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Structural similarities (Wang et al., IEEE TIP 13(4), 2004) of 8-bit images, each the mean over channels.

    Gaussian window of 11 x 11 pixels, standard deviation 1.5, only where it lies inside the image;
    K1 = 0.01, K2 = 0.03, population moments.

    Args:
        restored: uint8 [B, H, W, C], at least 11 x 11 pixels.
        clean: uint8, same shape.

    Returns:
        [B], float64; at most 1, which means equal.

    Raises:
        ValueError: the images are smaller than the window.
    """
    same_eight_bit(restored, clean)
    if min(clean.shape[1:3]) < SSIM_WINDOW:
        raise ValueError(f"expected at least 11 x 11 pixels for SSIM, found {clean.shape[1]} x {clean.shape[2]}")
    parts = [slice(start, start + _TOGETHER) for start in range(0, len(clean), _TOGETHER)]
    return np.concatenate([_ssim(restored[part], clean[part]) for part in parts])


def _ssim(restored: np.ndarray, clean: np.ndarray) -> np.ndarray:
    count, height, width, channels = clean.shape
    # Channels apart, so that a filter is a matrix product: a, b, (a - b)^2, a b.
    x = np.empty((4, count, channels, height, width))
    x[0], x[1] = restored.transpose(0, 3, 1, 2), clean.transpose(0, 3, 1, 2)
    np.square(np.subtract(x[0], x[1], out=x[2]), out=x[2])
    np.multiply(x[0], x[1], out=x[3])
    x[:2] /= 255.0
    x[2:] /= 255.0**2
    mean_a, mean_b, difference, product = _windowed(x.reshape(-1, height, width)).reshape(4, count, -1)
    # Variances are needed as their sum only: E (a - b)^2 + 2 E a b = E a^2 + E b^2. In place, for speed.
    product *= 2
    variances = np.add(difference, product, out=difference)
    means = 2 * mean_a * mean_b
    mean_squares = np.add(np.square(mean_a, out=mean_a), np.square(mean_b, out=mean_b), out=mean_a)
    variances -= mean_squares
    product -= means
    similarity = np.multiply(means + SSIM_C1, product + SSIM_C2, out=product)
    similarity /= (mean_squares + SSIM_C1) * (variances + SSIM_C2)
    return similarity.mean(axis=1)


def _windowed(planes: np.ndarray) -> np.ndarray:
    """Filter [P, H, W] by SSIM's Gaussian, where its window lies inside: [P, H - 10, W - 10]."""
    border = SSIM_WINDOW - 1
    band = np.zeros((_BLOCK, _BLOCK + border))
    for row in range(_BLOCK):
        band[row, row : row + SSIM_WINDOW] = SSIM_TAPS
    _, height, width = planes.shape
    # One small product a plane: large ones would be spread over threads, which wait for each other on a busy machine.
    across = np.empty((len(planes), height, width - border))
    for start in range(0, width - border, _BLOCK):
        size = min(_BLOCK, width - border - start)
        part = band[:size, : size + border]
        np.matmul(planes[:, :, start : start + size + border], part.T, out=across[:, :, start : start + size])
    filtered = np.empty((len(planes), height - border, width - border))
    for start in range(0, height - border, _BLOCK):
        size = min(_BLOCK, height - border - start)
        part = band[:size, : size + border]
        np.matmul(part, across[:, start : start + size + border], out=filtered[:, start : start + size])
    return filtered
