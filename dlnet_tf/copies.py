"""Copies of a tensor that goes more than two ways, so that its gradient has the same bits in every run."""

from __future__ import annotations

from keras import ops

from dlnet_tf.tensors import Tensor


def copies(tensor: Tensor, count: int) -> list[Tensor]:
    """Copy a tensor for each of its uses; the gradients of the copies are added up in their order.

    TensorFlow adds three gradients or more in an order that depends on which memory happens to be free, even after
    `enable_op_determinism`.
    """
    return ops.unstack(ops.repeat(ops.expand_dims(tensor, 0), count, axis=0), count)
