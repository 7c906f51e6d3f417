"""Blur by any kernel, then MATLAB's bicubic downsampling.

A kernel is a sum of k separable maps, one a kernel row: y = sum_p (R S_p) x (R K_p)^T, with R the bicubic resize, S_p a
shift and K_p the blur by row p.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from keras import ops

from dlnet_tf.degradations.blurred_resize import blurred_resize
from dlnet_tf.degradations.separable import SumOfSeparable
from dlnet_tf.errors import UsageError
from dlnet_tf.tensors import Tensor

EXPECTED = "expected [batch, k, k] with k odd"


def example_kernels(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw kernels that sum to 1, [B, k, k]."""
    values = random.random(shape)
    return values / values.sum(axis=(1, 2), keepdims=True)


def bind_kernel(kernel: Tensor, scale: int, size: tuple[Tensor, Tensor]) -> SumOfSeparable:
    """Build the matrices of a batch of kernels.

    Args:
        kernel: [B, k, k], floating, k odd.
        scale: t of the resize.
        size: (H, W) of the clean images, each an int or a scalar integer tensor.

    Raises:
        UsageError: the sides of a kernel are not odd and equal; in a graph of unknown sizes that fails when it runs.
    """
    kernel = _checked(kernel)
    taps = ops.shape(kernel)[2]
    shifts = blurred_resize(size[0], scale, ops.eye(taps, dtype=kernel.dtype))  # [k, h, H]
    blurs = blurred_resize(size[1], scale, ops.reshape(kernel, (-1, taps)))  # [B k, w, W]
    return SumOfSeparable(shifts, blurs, lambda: _response(kernel, scale))


def _checked(kernel: Tensor) -> Tensor:
    """Return the kernel if its sides are odd and equal."""
    _, rows, taps = ops.shape(kernel)
    if isinstance(rows, int) and isinstance(taps, int):
        if rows != taps or taps % 2 == 0:
            raise UsageError(f"kernel: found shape {tuple(kernel.shape)}, {EXPECTED}")
        return kernel
    fits = tf.logical_and(tf.equal(rows, taps), tf.equal(taps % 2, 1))
    check = tf.debugging.Assert(fits, ["kernel: found shape", tf.shape(kernel), EXPECTED])
    with tf.control_dependencies([check]):
        return tf.identity(kernel)


def _response(kernel: Tensor, scale: int) -> Tensor:
    """Return what W W^T makes of one pixel, [B, n, n] with that pixel in the middle."""
    batch, taps, _ = ops.shape(kernel)
    # As far as W W^T couples: the bicubic kernel is 4 t clean pixels wide.
    reach = -(-(4 * scale + taps - 1) // scale)
    side = 2 * reach + 1
    middle = ops.cast(ops.arange(side) == reach, kernel.dtype)
    pixel = ops.broadcast_to((middle[:, None] * middle)[None, :, :, None], (batch, side, side, 1))
    small = bind_kernel(kernel, scale, (scale * side, scale * side))
    return small.apply(small.adjoint(pixel))[..., 0]
