"""A batch in parts that fit a processor's cache."""

from __future__ import annotations

import functools
from collections.abc import Callable

import tensorflow as tf
from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

from dlnet_tf.tensors import Tensor

# Bytes of z in a part, and how many parts are under way at once: operations on one are too short to share out well.
CHUNK_BYTES, PARALLEL = 2**22, 2


def is_compiled() -> bool:
    """Return whether what is traced now is compiled by XLA."""
    return GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph())


@functools.cache
def has_accelerator() -> bool:
    """Return whether there is a GPU."""
    return bool(tf.config.list_physical_devices("GPU"))


def in_chunks(function: Callable[..., list[Tensor]], tensors: list[Tensor], specs: list[tf.TensorSpec]) -> list[Tensor]:
    """Apply a function to parts of a batch, a few at a time, and put its results together.

    A loop that goes through all of z several times reads a large batch from memory each time, and a small one from the
    cache. A batch stays whole where there is a GPU, which wants it large, and in XLA, which knows no arrays of parts of
    unequal size.

    Args:
        function: takes `tensors` of a part and returns as many tensors as there are specs, each with a leading batch
            axis; samples do not influence each other in it.
        tensors: a list of tensors with one leading batch axis, or of structures of them; the first one is z, which
            decides how many samples make a part.
        specs: shape and dtype of the results.

    Returns:
        What the function returns for the whole batch.
    """
    z = tensors[0]
    if z.shape[0] == 1 or has_accelerator() or is_compiled():
        return function(*tensors)
    batch, *shape = tf.unstack(tf.shape(z))
    part = tf.maximum(CHUNK_BYTES // tf.maximum(z.dtype.size * tf.reduce_prod(shape), 1), 1)
    # An empty batch has one part too, so that its results have a shape.
    count = tf.maximum((batch + part - 1) // part, 1)

    def one_part(index: Tensor, *arrays: Tensor) -> list[Tensor]:
        chosen = slice(index * part, (index + 1) * part)
        results = function(*tf.nest.map_structure(lambda tensor: tensor[chosen], tensors))
        return [index + 1, *(array.write(index, result) for array, result in zip(arrays, results, strict=True))]

    arrays = [tf.TensorArray(spec.dtype, count, infer_shape=False, element_shape=spec.shape) for spec in specs]
    _, *arrays = tf.while_loop(
        lambda index, *_: index < count, one_part, [tf.constant(0), *arrays], parallel_iterations=PARALLEL
    )
    return [array.concat() for array in arrays]
