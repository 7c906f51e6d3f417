"""Blur, then MATLAB's bicubic downsampling, along one axis: a matrix R B."""

from __future__ import annotations

import keras
from keras import ops

from dlnet_tf.resize import resize_matrix
from dlnet_tf.tensors import Tensor

RADIUS = 7  # the Gaussian's support is 15 x 15 whatever its width


def blurred_resize(n: Tensor, scale: int, taps: Tensor) -> Tensor:
    """Compute R B, a matrix for each of several blurs of one axis.

    Args:
        n: clean pixels of the axis, an int or a scalar integer tensor.
        scale: t of the bicubic resize R.
        taps: [N, k], floating, k odd: those of each blur B, whose border is replicated.

    Returns:
        [N, ceil(n / scale), n], dtype of the taps.
    """
    dtype = keras.backend.standardize_dtype(taps.dtype)
    resize = ops.convert_to_tensor(resize_matrix(n, -(-n // scale), 1 / scale, dtype))
    radius = ops.shape(taps)[-1] // 2
    # A row of R B says how much an output reads from each pixel, its row of R spread by the taps, ...
    resize = ops.pad(resize, ((0, 0), (2 * radius, 2 * radius)))[:, :, None]
    spread = ops.conv(resize, ops.transpose(taps)[:, None, :], padding="valid", data_format="channels_last")
    spread = ops.transpose(spread, (2, 0, 1))  # [N, n_out, n + 2 radius]
    # ... and what would be read outside the image is read from its edge pixel.
    left = ops.sum(spread[..., :radius], axis=-1, keepdims=True)
    right = ops.sum(spread[..., radius + n :], axis=-1, keepdims=True)
    left = ops.pad(left, ((0, 0), (0, 0), (0, n - 1)))
    right = ops.pad(right, ((0, 0), (0, 0), (n - 1, 0)))
    return spread[..., radius : radius + n] + left + right


def gaussian_taps(blur_width: Tensor) -> Tensor:
    """Sample normalised Gaussians; the outer product of one with itself is the 15 x 15 kernel.

    Args:
        blur_width: [B], standard deviation u >= 0 in pixels, floating.

    Returns:
        [B, 15], rows sum to 1; (.., 0, 1, 0, ..) exactly at u = 0.
    """
    # At u = 0.025 the neighbours' exp(-800) is 0 already, in float64 too; u = 0 itself would divide by 0.
    width = ops.maximum(blur_width, 0.025)[:, None]
    offset = ops.arange(-RADIUS, RADIUS + 1, dtype=width.dtype)
    taps = ops.exp(-0.5 * ops.square(offset / width))
    return taps / ops.sum(taps, axis=-1, keepdims=True)
