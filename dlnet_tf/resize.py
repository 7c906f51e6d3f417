"""MATLAB's bicubic `imresize` as a matrix: a resized image is R_h x R_w^T, and the adjoint is the transpose."""

from __future__ import annotations

import functools
import math
import types

import keras
import numpy as np
from keras import ops

from dlnet_tf.tensors import Tensor


def _taps(n_in: Tensor, n_out: Tensor, scale: float, xp: types.ModuleType) -> tuple[Tensor, Tensor]:
    """Return which pixels each output reads and how much of each, both [n_out, taps] float64.

    `xp` is NumPy, or `keras.ops` for sizes that only the graph knows; n_in is a float64.
    """
    # For scale < 1 MATLAB stretches the kernel by 1/scale, which makes it an antialiasing filter.
    stretch = max(1.0, 1.0 / scale)
    centre = (xp.arange(n_out, dtype="float64") + 0.5) / scale - 0.5
    index = xp.floor(centre - 2 * stretch)[:, None] + xp.arange(math.ceil(4 * stretch) + 2, dtype="float64")
    # Keys' cubic convolution kernel with a = -0.5 (IEEE TASSP 29(6), 1981).
    d = xp.abs(centre[:, None] - index) / stretch
    near = (1.5 * d - 2.5) * d * d + 1.0
    far = ((-0.5 * d + 2.5) * d - 4.0) * d + 2.0
    weight = xp.where(d <= 1, near, xp.where(d < 2, far, xp.zeros_like(d)))
    # Symmetric reflection with the edge repeated has period 2 n.
    index = xp.mod(index, 2 * n_in)
    index = xp.where(index < n_in, index, 2 * n_in - 1 - index)
    return index, weight / xp.sum(weight, axis=1, keepdims=True)


# A matrix is as large as an image, so few are kept.
@functools.lru_cache(maxsize=8)
def _constant_matrix(n_in: int, n_out: int, scale: float) -> np.ndarray:
    index, weight = _taps(float(n_in), n_out, scale, np)
    matrix = np.zeros((n_out, n_in))
    np.add.at(matrix, (np.arange(n_out)[:, None], index.astype(int)), weight)
    return matrix


def _graph_matrix(n_in: Tensor, n_out: Tensor, scale: float, dtype: str) -> Tensor:
    index, weight = _taps(ops.cast(n_in, "float64"), n_out, scale, ops)
    row = ops.broadcast_to(ops.arange(n_out, dtype="int32")[:, None], ops.shape(index))
    # Scattering adds up taps that fall on the same pixel.
    matrix = ops.scatter(ops.stack([row, ops.cast(index, "int32")], axis=-1), weight, (n_out, n_in))
    return ops.cast(matrix, dtype)


def resize_matrix(n_in: Tensor, n_out: Tensor, scale: float, dtype: str = "float32") -> Tensor:
    """Return the matrix of MATLAB's bicubic `imresize` along one axis.

    Args:
        n_in: number of input pixels along the axis, an int or a scalar integer tensor.
        n_out: number of output pixels, an int or a scalar integer tensor; MATLAB takes ceil(n_in * scale).
        scale: output pixels per input pixel, > 0; below 1 the kernel is stretched against aliasing.
        dtype: floating dtype of the matrix.

    Returns:
        [n_out, n_in], rows sum to 1; a NumPy constant for int sizes, else a tensor.
    """
    if isinstance(n_in, int) and isinstance(n_out, int):
        return _constant_matrix(n_in, n_out, float(scale)).astype(dtype)
    return _graph_matrix(n_in, n_out, float(scale), dtype)


def resize(image: Tensor, size: tuple[Tensor, Tensor], scale: float) -> Tensor:
    """Resize a batch like MATLAB's `imresize`, as two matrix products; differentiable to any order.

    Args:
        image: [B, h, w, C], floating.
        size: height and width of the result, ints or scalar integer tensors.
        scale: output pixels per input pixel, > 0.

    Returns:
        [B, *size, C], dtype of `image`.
    """
    dtype = keras.backend.standardize_dtype(image.dtype)
    _, height, width, _ = ops.shape(image)
    rows = resize_matrix(height, size[0], scale, dtype)
    columns = resize_matrix(width, size[1], scale, dtype)
    return along_axes(rows, image, columns)


def along_axes(rows: Tensor, image: Tensor, columns: Tensor) -> Tensor:
    """Multiply each image of a batch [B, h, w, C] by a matrix along each axis, [H, h] and [W, w]: [B, H, W, C]."""
    return ops.einsum("ih,bhwc,jw->bijc", rows, image, columns)


def imresize(image: np.ndarray, scale: float) -> np.ndarray:
    """Resize like MATLAB's `imresize(image, scale, 'bicubic')` in float64, without rounding or clipping.

    Args:
        image: [H, W] or [H, W, C], any real dtype.
        scale: output pixels per input pixel, > 0.

    Returns:
        [ceil(H * scale), ceil(W * scale)] or the same with C, float64.
    """
    height, width = image.shape[:2]
    # The tolerance keeps 0.1 * 30 = 3.0000000000000004 from becoming 4.
    rows = resize_matrix(height, math.ceil(height * scale - 1e-9), scale, "float64")
    columns = resize_matrix(width, math.ceil(width * scale - 1e-9), scale, "float64")
    return np.einsum("ij,jk...,lk->il...", rows, image.astype(np.float64), columns, optimize=True)
