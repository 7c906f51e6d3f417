"""The metrics of one image by their definitions, with OpenCV's filter: what those of a batch are held against."""

import cv2
import numpy as np

from dlnet_tf.evaluation.structural_similarity import SSIM_C1, SSIM_C2, SSIM_TAPS


def psnr(restored, clean):
    """Peak signal-to-noise ratio in dB of two uint8 images."""
    error = np.mean((restored.astype(np.float64) - clean) ** 2)
    return float(10.0 * np.log10(255.0**2 / error)) if error > 0 else float("inf")


def ssim(restored, clean):
    """Structural similarity of two uint8 images, [H, W] or [H, W, C], the mean over channels."""
    a, b = restored / 255.0, clean / 255.0
    mean_a, mean_b = _windowed(a), _windowed(b)
    variance_a = _windowed(a * a) - mean_a**2
    variance_b = _windowed(b * b) - mean_b**2
    covariance = _windowed(a * b) - mean_a * mean_b
    similarity = ((2 * mean_a * mean_b + SSIM_C1) * (2 * covariance + SSIM_C2)) / (
        (mean_a**2 + mean_b**2 + SSIM_C1) * (variance_a + variance_b + SSIM_C2)
    )
    return float(similarity.mean())


def l1(restored, clean):
    """Mean absolute error on the [-1, 1] scale."""
    return float(2.0 * np.mean(np.abs(restored.astype(np.float64) - clean)))


def l2(restored, clean):
    """Mean squared error on the [-1, 1] scale."""
    return float(4.0 * np.mean((restored.astype(np.float64) - clean) ** 2))


def _windowed(image):
    inside = slice(len(SSIM_TAPS) // 2, -(len(SSIM_TAPS) // 2))
    return cv2.sepFilter2D(image, cv2.CV_64F, SSIM_TAPS, SSIM_TAPS)[inside, inside]
