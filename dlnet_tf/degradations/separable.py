"""Operators that are a matrix along each axis, or a sum of such."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar, cast

import tensorflow as tf
from keras import ops

from dlnet_tf.degradations.degradation import LinearOperator
from dlnet_tf.degradations.kronecker import Eigen, KroneckerInverse
from dlnet_tf.degradations.stationary import solve_stationary
from dlnet_tf.tensors import Tensor

T = TypeVar("T")


def of_axes(make: Callable[[Tensor], T], size: tuple[Tensor, Tensor]) -> tuple[T, T]:
    """Make something of the length of each axis, once where they are alike.

    Args:
        make: length -> a tensor, or a structure of tensors.
        size: (H, W), each an int or a scalar integer tensor.

    Returns:
        What is made of H and of W.
    """
    rows, columns = size
    if tf.executing_eagerly() or isinstance(rows, int) and isinstance(columns, int):
        made = make(rows)
        return made, made if rows == columns else make(columns)
    # A graph that is made once and called for each axis. Its lengths stay open: under two tapes TensorFlow would take
    # the shape of one branch, which it works out where the lengths are constants, for that of the other.
    rows, columns = (tf.compat.v1.placeholder_with_default(tf.cast(length, tf.int32), ()) for length in size)
    graph = tf.function(make, autograph=False)
    made = graph(rows)
    return made, cast(T, tf.cond(ops.equal(rows, columns), lambda: made, lambda: graph(columns)))


class SeparableMap:
    """y_c = A_h x_c A_w^T with A_h [B, h, H], A_w [B, w, W], floating; a result has the dtype of its image."""

    def __init__(self, rows: Tensor, columns: Tensor) -> None:
        self.rows, self.columns = rows, columns

    def apply(self, x: Tensor) -> Tensor:
        """Map x [B, H, W, C] to [B, h, w, C]."""
        return _sandwich(self.rows, x, self.columns)

    def adjoint(self, y: Tensor) -> Tensor:
        """Map y [B, h, w, C] to [B, H, W, C] by the transpose."""
        return _sandwich(_transpose(self.rows), y, _transpose(self.columns))

    def after(self, rows: Tensor, columns: Tensor) -> SeparableMap:
        """Put a matrix along each axis, [H, n] and [W, m], before this map: one product in place of two."""
        return SeparableMap(_times(self.rows, rows), _times(self.columns, columns))


class Separable(SeparableMap, LinearOperator):
    """A separable map with its inverse.

    `factors` decomposes A A^T of windows of both axes; `degraded` is the size (h, w) of what it maps to.
    """

    def __init__(
        self,
        rows: Tensor,
        columns: Tensor,
        factors: Callable[[], tuple[Eigen, Eigen]],
        degraded: tuple[Tensor, Tensor],
    ) -> None:
        super().__init__(rows, columns)
        self.factors, self.degraded = factors, degraded

    @functools.cached_property
    def _inverse(self) -> KroneckerInverse:
        return KroneckerInverse(*self.factors(), self.degraded)

    def solve(self, r: Tensor, damping: Tensor, noise: Tensor = 0.0) -> Tensor:
        """Solve exactly by eigenvectors, long axes in windows: see `KroneckerInverse`."""
        return self._inverse.solve(r, damping, noise)


class SumOfSeparableMaps:
    """y_c = sum_p M_p x_c N_p^T with M [k, h, H], the same for all images, and N [B k, w, W]."""

    def __init__(self, rows: Tensor, columns: Tensor) -> None:
        self._terms = rows, columns
        count, h, height = ops.shape(rows)
        _, w, width = ops.shape(columns)
        # The sum over p is the inner axis of one product: M as [h, H k], N as [B, k w, W].
        self.rows = ops.reshape(ops.transpose(rows, (1, 2, 0)), (h, height * count))
        self.columns = ops.reshape(columns, (-1, count * w, width))
        self.count = count

    def apply(self, x: Tensor) -> Tensor:
        """Map x [B, H, W, C] to [B, h, w, C]."""
        _, height, _, channels = ops.shape(x)
        rows, columns = self._for_planes(x, channels)
        x = tf.einsum("nyx,nqx->nyq", _planes(x), columns)
        x = ops.reshape(x, (-1, height * self.count, ops.shape(x)[2] // self.count))
        return _image(tf.einsum("nhq,nqw->nhw", rows, x), channels)

    def adjoint(self, y: Tensor) -> Tensor:
        """Map y [B, h, w, C] to [B, H, W, C] by the transpose."""
        _, _, w, channels = ops.shape(y)
        rows, columns = self._for_planes(y, channels)
        y = tf.einsum("nhq,nhw->nqw", rows, _planes(y))
        y = ops.reshape(y, (-1, ops.shape(y)[1] // self.count, self.count * w))
        return _image(tf.einsum("nyq,nqx->nyx", y, columns), channels)

    def after(self, rows: Tensor, columns: Tensor) -> SumOfSeparableMaps:
        """Put a matrix along each axis before this map, as `SeparableMap.after`."""
        ours, theirs = self._terms
        return SumOfSeparableMaps(_times(ours, rows), _times(theirs, columns))

    def _for_planes(self, image: Tensor, channels: int) -> tuple[Tensor, Tensor]:
        """Return both matrices once for each channel of each image."""
        rows, columns = ops.cast(self.rows, image.dtype), ops.cast(self.columns, image.dtype)
        count = ops.shape(image)[0] * channels
        return ops.broadcast_to(rows[None], (count, *ops.shape(rows))), ops.repeat(columns, channels, axis=0)


class SumOfSeparable(SumOfSeparableMaps, LinearOperator):
    """A sum of separable maps with its inverse.

    `response` makes what W W^T makes of one pixel far from the border, [B, n, n].
    """

    def __init__(self, rows: Tensor, columns: Tensor, response: Callable[[], Tensor]) -> None:
        super().__init__(rows, columns)
        self.response = response

    @functools.cached_property
    def _response(self) -> Tensor:
        return self.response()

    def solve(self, r: Tensor, damping: Tensor, noise: Tensor = 0.0) -> Tensor:
        """Solve with Fourier transforms, as far from the border: see `solve_stationary`."""
        return solve_stationary(self._response, r, damping, noise)


def _planes(image: Tensor) -> Tensor:
    """Return the channels [B C, h, w] of images [B, h, w, C]."""
    _, height, width, _ = ops.shape(image)
    return ops.reshape(ops.transpose(image, (0, 3, 1, 2)), (-1, height, width))


def _image(planes: Tensor, channels: int) -> Tensor:
    """Put channels together again, which `_planes` took apart."""
    _, height, width = ops.shape(planes)
    return ops.transpose(ops.reshape(planes, (-1, channels, height, width)), (0, 2, 3, 1))


def _sandwich(left: Tensor, image: Tensor, right: Tensor) -> Tensor:
    """Return left [B, p, q] image [B, q, r, C] right^T [B, s, r], a product a channel."""
    left, right = ops.cast(left, image.dtype), ops.cast(right, image.dtype)
    return tf.einsum("bpqc,bsq->bpsc", tf.einsum("bpq,bqrc->bprc", left, image), right)


def _times(matrices: Tensor, matrix: Tensor) -> Tensor:
    """Multiply each of [N, n, H] by one [H, m]."""
    return tf.einsum("npq,qr->npr", matrices, ops.cast(matrix, matrices.dtype))


def _transpose(matrix: Tensor) -> Tensor:
    return ops.swapaxes(matrix, -1, -2)
