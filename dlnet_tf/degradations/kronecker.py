"""W W^T of a separable W inverted exactly: a Kronecker product has the eigenvectors of its two small factors.

With y = A x B^T, W W^T = (A A^T) (x) (B B^T), whose eigenvalues are all products l_i m_j. A system of h w unknowns is
so solved by four small matrix products. An axis longer than `LONGEST` is solved in windows that overlap, as what the
inverse couples decays with distance; the sharpest inverses (scale 2, widths above 2, no noise) couple all pixels, so
that an image in windows is damped by `WINDOWED` at least.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import keras
import tensorflow as tf
from keras import ops

from dlnet_tf.degradations import centrosymmetric, jacobi
from dlnet_tf.degradations.batches import per_image
from dlnet_tf.degradations.portable import is_portable, precision
from dlnet_tf.tensors import Tensor

LONGEST, HALO = 512, 64
# Share of the largest eigenvalue; far below what the noise of 8 bits asks for.
WINDOWED = 1e-6
# Below this share of the largest eigenvalue a precision knows nothing of the others.
SMALLEST = {"float64": 1e-15, "float32": 1e-7}


def window_length(n: Tensor) -> Tensor:
    """Return how many pixels of an axis of n are solved together."""
    return min(n, LONGEST) if isinstance(n, int) else ops.minimum(n, LONGEST)


class Eigen(NamedTuple):
    """Eigenvalues [B, n] and eigenvectors [B, n, n] of one factor of W W^T, of dtype `precision()`."""

    values: Tensor
    vectors: Tensor


def eigen(matrix: Tensor) -> Eigen:
    """Decompose A A^T.

    Args:
        matrix: A of a window, [B, n, N] with n = `window_length` of the axis.
    """
    matrix = ops.cast(matrix, precision())
    product = tf.matmul(matrix, matrix, transpose_b=True)
    values, vectors = jacobi.eigh(product) if is_portable() else centrosymmetric.eigh(product)
    return Eigen(ops.maximum(values, 0.0), vectors)


def solve_kronecker(rows: Eigen, columns: Eigen, r: Tensor, damping: Tensor, noise: Tensor) -> Tensor:
    """Compute (P (x) Q + damping + noise (P (x) Q)^(-1/2))^-1 r.

    Args:
        rows: eigenvalues and vectors of P, for the windows along the height.
        columns: those of Q, for the windows along the width.
        r: [B, h, w, C], floating.
        damping: >= 0, a number or [B].
        noise: >= 0, a number or [B].

    Returns:
        [B, h, w, C], dtype of r; the arithmetic is in the precision of the eigenvectors.
    """
    (p, u), (q, v) = rows, columns
    dtype = keras.backend.standardize_dtype(p.dtype)
    spectrum = p[:, None, :, None, None, None] * q[:, None, None, None, :, None]
    damping, noise = (
        per_image(ops.convert_to_tensor(value, dtype=dtype))[..., None, None] for value in (damping, noise)
    )
    largest = ops.max(spectrum, axis=(1, 2, 3, 4, 5), keepdims=True)
    spectrum = ops.maximum(spectrum, SMALLEST[dtype] * largest)
    damping = ops.maximum(damping, ops.cast(_least(*ops.shape(r)[1:3]), dtype) * largest)
    denominator = spectrum + damping + noise * ops.rsqrt(spectrum)

    cut_rows, join_rows = _windows(ops.shape(r)[1], 1)
    cut_columns, join_columns = _windows(ops.shape(r)[2], 3)
    # [B, windows, n, windows, m, C]
    s = cut_columns(cut_rows(ops.cast(r, dtype)))
    s = _turn(s, u, v) / denominator
    s = _turn(s, ops.swapaxes(u, 1, 2), ops.swapaxes(v, 1, 2))
    return ops.cast(join_rows(join_columns(s)), r.dtype)


def _least(h: Tensor, w: Tensor) -> Tensor:
    """Return the least damping of an image, as a share of the largest eigenvalue."""
    if isinstance(h, int) and isinstance(w, int):
        return WINDOWED if max(h, w) > LONGEST else 0.0
    return ops.where(ops.maximum(h, w) > LONGEST, WINDOWED, 0.0)


def _turn(s: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Compute U^T S V of every window and channel of s [B, windows, n, windows, m, C]."""
    batch, above, n, beside, m, channels = shape = ops.shape(s)
    # LiteRT multiplies arrays of few axes only.
    s = tf.einsum("zanq,zni->zaiq", ops.reshape(s, (batch, above, n, beside * m * channels)), u)
    s = tf.einsum("zpmc,zmj->zpjc", ops.reshape(s, (batch, above * n * beside, m, channels)), v)
    return ops.reshape(s, shape)


def _windows(n: Tensor, axis: int) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    """Return functions that cut an axis of n into [windows, length], and that join it again."""
    if isinstance(n, int) and n <= LONGEST:
        return lambda image: ops.expand_dims(image, axis), lambda image: ops.squeeze(image, axis)
    length, stride = window_length(n), LONGEST - 2 * HALO
    count = 1 + -(-(n - length) // stride)
    start = ops.minimum(stride * ops.arange(count), n - length)
    pixel = ops.arange(n)
    # Pixels are taken from the window that has them at least HALO from its ends, but for the ends of the image.
    owner = ops.clip((pixel - HALO) // stride, 0, count - 1)

    def cut(image: Tensor) -> Tensor:
        index = start[:, None] + ops.arange(length)
        return ops.take(image, index, axis)

    def join(image: Tensor) -> Tensor:
        shape = ops.shape(image)
        flat = ops.reshape(image, (*shape[:axis], count * length, *shape[axis + 2 :]))
        return ops.take(flat, owner * length + pixel - ops.take(start, owner), axis)

    return cut, join
