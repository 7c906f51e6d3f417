"""How steep the fidelity is along z: the largest eigenvalue of J^T W^T W J, with J = dh/dz."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf
from keras import ops

from dlnet_tf.degradations import LinearOperator
from dlnet_tf.likelihood.second_order import gradient_of
from dlnet_tf.tensors import Tensor


def largest_eigenvalue(
    head: keras.Model,
    inputs: Sequence[Tensor],
    operator: LinearOperator,
    iterations: int = 30,
    whiten: Callable[[Tensor], Tensor] = lambda residual: residual,
) -> tf.Tensor:
    """Estimate the largest eigenvalue of J^T W^T V W J for each sample by power iteration, from below.

    Half the Hessian of |W h(z) - y|^2 is that matrix where h is locally linear, so gradient descent
    z <- z - a grad is stable for a < 1 / lambda.

    Args:
        head: h, a model [z, *crossing] -> [B, H, W, C].
        inputs: [z, *crossing], z where the curvature is wanted.
        operator: W with its parameters fixed.
        iterations: products with the matrix, >= 1; the result grows with them towards the eigenvalue.
        whiten: V, linear, symmetric and positive semidefinite; the identity by default.

    Returns:
        [B], >= 0; 0 where nothing of z reaches the degraded image.

    Raises:
        UsageError: a layer of h lets no gradient through.
    """
    z, *crossing = (ops.convert_to_tensor(tensor) for tensor in inputs)
    axes = tuple(range(1, len(z.shape)))

    def norm(v: Tensor) -> Tensor:
        return ops.sqrt(ops.sum(ops.square(v), axis=axes, keepdims=True))

    # J^T u is linear in u, so its own reverse mode gives J v: two reverse passes work with every layer that can be
    # trained through the likelihood module, which forward mode does not.
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as forward:
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as reverse:
            reverse.watch(z)
            x = head([z, *crossing], training=False)
        u = ops.zeros_like(x)
        forward.watch(u)
        transposed = gradient_of(reverse, head, x, z, u)

    v = tf.random.stateless_normal(ops.shape(z), (0, 0), dtype=z.dtype, alg="philox")
    v = v / norm(v)
    for _ in range(iterations):
        pushed = forward.gradient(transposed, u, v)
        v = reverse.gradient(x, z, operator.adjoint(whiten(operator.apply(pushed))))
        eigenvalue = norm(v)
        v = v / ops.maximum(eigenvalue, keras.config.epsilon() ** 4)
    return ops.reshape(eigenvalue, (-1,))
