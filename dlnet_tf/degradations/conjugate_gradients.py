"""(A + damping) s = r by conjugate gradients, for operators of which nothing but products is known."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf
from keras import ops

from dlnet_tf.tensors import Tensor

# Enough for a condition of some hundreds to 1e-6; each costs one application of A.
ITERATIONS = 40


def conjugate_gradients(apply: Callable[[Tensor], Tensor], r: Tensor, damping: Tensor) -> Tensor:
    """Solve (A + damping) s = r for each image, A symmetric and positive semidefinite.

    Args:
        apply: A, linear in each image [B, h, w, C].
        r: [B, h, w, C], floating.
        damping: [B, 1, 1, 1] or [1, 1, 1, 1], >= 0, dtype of r.

    Returns:
        [B, h, w, C], dtype of r. It is differentiated as the exact solution is, by solving once more.
    """

    @tf.custom_gradient
    def solve(r: Tensor, damping: Tensor) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, Tensor]]]:
        def gradient(upstream: Tensor) -> tuple[Tensor, Tensor]:
            back = solve(upstream, damping)
            slope = -ops.sum(back * solve(r, damping), axis=(1, 2, 3), keepdims=True)
            return back, slope if damping.shape[0] != 1 else ops.sum(slope, axis=0, keepdims=True)

        return _iterate(lambda s: apply(s) + damping * s, r), gradient

    return solve(r, damping)


def _iterate(apply: Callable[[Tensor], Tensor], r: Tensor) -> Tensor:
    """Take the steps; an image that is solved exactly earlier stays as it is."""
    tiny = 1e-30

    def dot(a: Tensor, b: Tensor) -> Tensor:
        return ops.sum(a * b, axis=(1, 2, 3), keepdims=True)

    s, residual, direction = ops.zeros_like(r), r, r
    energy = dot(r, r)
    for _ in range(ITERATIONS):
        pushed = apply(direction)
        step = energy / ops.maximum(dot(direction, pushed), tiny)
        s, residual = s + step * direction, residual - step * pushed
        previous, energy = energy, dot(residual, residual)
        direction = residual + energy / ops.maximum(previous, tiny) * direction
    return s
