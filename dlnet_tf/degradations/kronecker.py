"""W W^T of a separable W inverted exactly: a Kronecker product has the eigenvectors of its two small factors.

With y = A x B^T, W W^T = (A A^T) (x) (B B^T), whose eigenvalues are all products l_i m_j. A system of h w unknowns is
so solved by four small matrix products. An axis longer than `LONGEST` is solved in windows that overlap, as what the
inverse couples decays with distance; the sharpest inverses (scale 2, widths above 2, no noise) couple all pixels, so
that an image in windows is damped by `WINDOWED` at least.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import keras
import numpy as np
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
# Degraded pixels at which the effect of a pixel has faded to 1e-5, at the noise of 8 bits, scale 2 and u = 3.
FARTHEST = 40


def inverse_reach(blur_width: object, scale: int) -> int:
    """Bound how far the inverse sees to each side, in degraded pixels; wider blurs couple more of them.

    Args:
        blur_width: u of a Gaussian, a number; for all else the largest bound is returned.
        scale: t.
    """
    if not isinstance(blur_width, (int, float, np.number)):
        return FARTHEST
    return min(FARTHEST, math.ceil(12 + 24 * float(blur_width) / scale))


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


class KroneckerInverse:
    """(P (x) Q + damping + noise (P (x) Q)^(-1/2))^-1 for images of one size; `solve` is given the damping.

    Args:
        rows: eigenvalues and vectors of P, for the windows along the height.
        columns: those of Q, for the windows along the width.
        size: (h, w) of the images, each an int or a scalar integer tensor.
    """

    def __init__(self, rows: Eigen, columns: Eigen, size: tuple[Tensor, Tensor]) -> None:
        (p, u), (q, v) = rows, columns
        self._dtype = keras.backend.standardize_dtype(p.dtype)
        spectrum = p[:, None, :, None, None, None] * q[:, None, None, None, :, None]
        largest = ops.max(spectrum, axis=(1, 2, 3, 4, 5), keepdims=True)
        self._spectrum = ops.maximum(spectrum, SMALLEST[self._dtype] * largest)
        self._root = ops.rsqrt(self._spectrum)
        self._least = ops.cast(_least(*size), self._dtype) * largest
        self._vectors = u, v
        self._along = BandWindows(size[0]), BandWindows(size[1])

    def solve(self, r: Tensor, damping: Tensor, noise: Tensor) -> Tensor:
        """Compute the inverse times r.

        Args:
            r: [B, h, w, C], floating.
            damping: >= 0, a number or [B].
            noise: >= 0, a number or [B].

        Returns:
            [B, h, w, C], dtype of r; the arithmetic is in the precision of the eigenvectors.
        """
        damping, noise = (
            per_image(ops.convert_to_tensor(value, dtype=self._dtype))[..., None, None] for value in (damping, noise)
        )
        denominator = self._spectrum + ops.maximum(damping, self._least) + noise * self._root
        rows, columns = self._along
        channels = ops.shape(r)[-1]
        s = columns.cut(rows.cut(ops.cast(r, self._dtype), 1), 2)
        s = self._turn(s, channels, "ni", "mj") / denominator
        s = self._turn(s, channels, "in", "jm")
        # Windows in place of the axes, [B, windows n, windows m, C].
        s = ops.reshape(s, (-1, rows.count * rows.length, columns.count * columns.length, channels))
        return ops.cast(rows.join(columns.join(s, 2), 1), r.dtype)

    def _turn(self, s: Tensor, channels: Tensor, rows: str, columns: str) -> Tensor:
        """Compute U^T S V of every window and channel, [B, windows, n, windows, m, C], or with U and V transposed."""
        u, v = self._vectors
        (above, n), (beside, m) = ((along.count, along.length) for along in self._along)
        # LiteRT multiplies arrays of few axes only.
        s = tf.einsum(f"zanq,z{rows}->zaiq", ops.reshape(s, (-1, above, n, beside * m * channels)), u)
        s = tf.einsum(f"zpmc,z{columns}->zpjc", ops.reshape(s, (-1, above * n * beside, m, channels)), v)
        return ops.reshape(s, (-1, above, n, beside, m, channels))


def _least(h: Tensor, w: Tensor) -> Tensor:
    """Return the least damping of an image, as a share of the largest eigenvalue."""
    if isinstance(h, int) and isinstance(w, int):
        return WINDOWED if max(h, w) > LONGEST else 0.0
    return ops.where(ops.maximum(h, w) > LONGEST, WINDOWED, 0.0)


class BandWindows:
    """An axis of n pixels, cut into windows that overlap and joined again.

    Args:
        n: pixels of the axis, an int or a scalar integer tensor.
    """

    def __init__(self, n: Tensor) -> None:
        self.count, self.length, self._is_one = 1, n, isinstance(n, int) and n <= LONGEST
        if self._is_one:
            return
        self.length, stride = window_length(n), LONGEST - 2 * HALO
        self.count = 1 + -(-(n - self.length) // stride)
        start = ops.minimum(stride * ops.arange(self.count), n - self.length)
        self._cut = ops.reshape(start[:, None] + ops.arange(self.length), (-1,))
        # Pixels are taken from the window that has them at least HALO from its ends, but for the ends of the image.
        pixel = ops.arange(n)
        owner = ops.clip((pixel - HALO) // stride, 0, self.count - 1)
        self._join = owner * self.length + pixel - ops.take(start, owner)

    def cut(self, image: Tensor, axis: int) -> Tensor:
        """Put the pixels of all windows, one after another, in place of an axis."""
        return image if self._is_one else ops.take(image, self._cut, axis)

    def join(self, windows: Tensor, axis: int) -> Tensor:
        """Put the axis back in their place."""
        return windows if self._is_one else ops.take(windows, self._join, axis)
