"""Parameters of a batch of images: one for each of them, or one for all."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf
from keras import ops

from dlnet_tf.errors import UsageError
from dlnet_tf.tensors import Tensor


def for_batch(parameters: Mapping[str, Tensor], batch: Tensor) -> dict[str, Tensor]:
    """Repeat parameters that are given once, so that each image has its own.

    Broadcasting is left to nobody else: TensorFlow's batched matrix product with oneDNN writes beyond its memory where
    a batch axis of 1 meets a longer one.

    Args:
        parameters: tensors with a leading batch axis of `batch` or 1, by name.
        batch: number of images, an int or a scalar integer tensor.

    Returns:
        The same with a leading axis of `batch`; in a graph of unknown sizes another size fails when it runs.

    Raises:
        UsageError: a parameter has no batch axis, or one of another size.
    """
    return {name: _repeated(name, ops.convert_to_tensor(value), batch) for name, value in parameters.items()}


def _repeated(name: str, value: Tensor, batch: Tensor) -> Tensor:
    size = value.shape[0] if len(value.shape) else None
    if not len(value.shape) or (isinstance(batch, int) and size not in (None, 1, batch)):
        raise UsageError(f"{name}: found shape {list(value.shape)}, expected a leading batch axis of {batch} or 1")
    if size is not None and isinstance(batch, int) and size == batch:
        return value
    return tf.broadcast_to(value, tf.concat([[batch], tf.shape(value)[1:]], axis=0))


def per_image(value: Tensor) -> Tensor:
    """Shape a number, or [B] numbers, so that it multiplies images [B, h, w, C]."""
    return ops.reshape(ops.convert_to_tensor(value), (-1, 1, 1, 1))
