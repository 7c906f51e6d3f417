"""MATLAB's bicubic `imresize` as a matrix: a resized image is R_h x R_w^T, and the adjoint is the transpose."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from keras import ops


def _keys_cubic(distance: Any) -> Any:
    """Keys' cubic convolution kernel with a = -0.5 (IEEE TASSP 29(6), 1981)."""
    d = abs(distance)
    near = (1.5 * d - 2.5) * d * d + 1.0
    far = ((-0.5 * d + 2.5) * d - 4.0) * d + 2.0
    return near * (d <= 1) + far * ((d > 1) & (d < 2))


@functools.lru_cache(maxsize=64)
def _constant_matrix(n_in: int, n_out: int, scale: float) -> np.ndarray:
    # For scale < 1 MATLAB stretches the kernel by 1/scale, which makes it an antialiasing filter.
    stretch = max(1.0, 1.0 / scale)
    centre = (np.arange(n_out) + 0.5) / scale - 0.5
    taps = math.ceil(4 * stretch) + 2
    index = np.floor(centre - 2 * stretch).astype(int)[:, None] + np.arange(taps)
    weight = _keys_cubic((centre[:, None] - index) / stretch)
    weight /= weight.sum(axis=1, keepdims=True)
    # Symmetric reflection with the edge repeated has period 2 n.
    index = np.mod(index, 2 * n_in)
    index = np.where(index < n_in, index, 2 * n_in - 1 - index)
    matrix = np.zeros((n_out, n_in))
    np.add.at(matrix, (np.arange(n_out)[:, None], index), weight)
    return matrix


def _graph_matrix(n_in: Any, n_out: Any, scale: float, dtype: str) -> Any:
    stretch = max(1.0, 1.0 / scale)
    centre = (ops.arange(n_out, dtype="float64") + 0.5) / scale - 0.5
    taps = math.ceil(4 * stretch) + 2
    index = ops.floor(centre - 2 * stretch)[:, None] + ops.arange(taps, dtype="float64")
    d = ops.abs(centre[:, None] - index) / stretch
    near = (1.5 * d - 2.5) * d * d + 1.0
    far = ((-0.5 * d + 2.5) * d - 4.0) * d + 2.0
    weight = ops.where(d <= 1, near, ops.where(d < 2, far, ops.zeros_like(d)))
    weight = weight / ops.sum(weight, axis=1, keepdims=True)
    n = ops.cast(n_in, "int32")
    index = ops.mod(ops.cast(index, "int32"), 2 * n)
    index = ops.where(index < n, index, 2 * n - 1 - index)
    hit = ops.cast(ops.equal(index[:, :, None], ops.arange(n, dtype="int32")), "float64")
    return ops.cast(ops.einsum("op,opi->oi", weight, hit), dtype)


def resize_matrix(n_in: Any, n_out: Any, scale: float, dtype: str = "float32") -> Any:
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
