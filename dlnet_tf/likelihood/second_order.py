"""Layers behind z that TensorFlow cannot differentiate: once, as the steps do, or twice, as training does."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import TypeAlias, TypeVar

import keras
import tensorflow as tf
from tensorflow.python.framework import ops as framework

from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood.nodes import Node, nodes_in_order
from dlnet_tf.tensors import Tensor

# Operations that have no gradient on purpose.
_CONSTANT = ("StopGradient", "ZerosLike", "OnesLike")
# Side of the test input for a layer that needs a fixed size.
SIDE = 8

Inputs: TypeAlias = dict[int, tf.Tensor]
"""What the call of a layer is given, by the identity of the tensors in the network."""
_Result = TypeVar("_Result")


def keep_whole_statistics(head: keras.Model) -> None:
    """Let batch normalization behind z compute its statistics in the way that can be differentiated twice.

    TensorFlow's moments stop the gradient of the mean inside the variance. That leaves the first derivative right, and
    takes a part of the second one away. Statistics that are synchronized over replicas are computed by other means.

    Args:
        head: h; its layers are changed.
    """
    for layer in head._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True


def check_differentiable(head: keras.Model, twice: bool, instead: str = "num_steps=1", warn: bool = True) -> None:
    """Refuse a network with a layer whose derivative TensorFlow does not have.

    Args:
        head: h.
        twice: whether the second derivative is needed too, as in training with K > 1.
        instead: what else the user may ask for.
        warn: whether a part of the second derivative that is missing is worth a warning.

    Raises:
        UsageError: the first such layer, by name.
    """
    for node in _layer_calls(head):
        name = node.operation.name
        try:
            lacking, stopped = _in_graph(functools.partial(_lacking, twice=twice), node)
        except LookupError as error:
            lacking, stopped = str(error).rpartition(": ")[2], False
        if lacking:
            raise UsageError(
                f"{head.name}: layer {name!r} behind z cannot be differentiated{' twice' if twice else ''} "
                f"(TensorFlow has no gradient of {lacking}); expected another layer, or one before z, or {instead}"
            )
        if stopped and warn:
            warnings.warn(
                f"{head.name}: layer {name!r} behind z stops a gradient, so that a part of its second derivative is "
                "missing in training",
                stacklevel=2,
            )


def gradient_of(tape: tf.GradientTape, head: keras.Model, restored: Tensor, z: Tensor, slope: Tensor) -> Tensor:
    """Carry a slope with respect to h(z) back to one with respect to z: J^T slope, with J = dh/dz.

    Args:
        tape: which watched z while h ran.
        head: h.
        restored: h(z), [B, H, W, C].
        z: the representation, floating.
        slope: shape and dtype of `restored`.

    Returns:
        Shape and dtype of z.

    Raises:
        UsageError: TensorFlow has no derivative of a layer, or none reaches z through it; by name where one layer is
            to blame.
    """
    try:
        found = tape.gradient(restored, z, slope)
    except LookupError:
        check_differentiable(head, twice=False)
        raise
    if found is None:
        blocking = (node.operation.name for node in _layer_calls(head) if not _in_graph(_has_slopes, node))
        culprit = next((f"layer {name!r}" for name in blocking), "what is")
        raise UsageError(
            f"{head.name}: {culprit} behind z lets no gradient through, as rounding does; expected another layer, "
            "or one before z"
        )
    return found


def adds_losses(head: keras.Model) -> bool:
    """Tell whether a call of a network adds losses, such as those of an activity regularizer."""
    return any(_in_graph(_added_losses, node) for node in _layer_calls(head))


def _layer_calls(model: keras.Model) -> Iterator[Node]:
    """Yield the calls of layers, also of those in models that are used as a layer."""
    for node in nodes_in_order(model):
        if hasattr(node.operation, "_nodes_by_depth"):
            yield from _layer_calls(node.operation)
        else:
            yield node


def _in_graph(function: Callable[[Node, Inputs], _Result], node: Node) -> _Result:
    """Call a function of a layer's call and its inputs in a graph of its own, with sizes open where they are.

    Some layers of Keras, bilinear upsampling among them, refuse that outside of eager mode; sizes do not matter here.
    """
    try:
        return _of_sizes(None, function, node)
    except tf.errors.OperatorNotAllowedInGraphError:
        return _of_sizes(SIDE, function, node)


def _of_sizes(side: int | None, function: Callable[[Node, Inputs], _Result], node: Node) -> _Result:
    with tf.__internal__.FuncGraph("layer").as_default():
        return function(node, {id(tensor): _placeholder(tensor, side) for tensor in node.input_tensors})


def _placeholder(tensor: keras.KerasTensor, side: int | None) -> tf.Tensor:
    shape = [*tensor.shape[:1], *(size or side for size in tensor.shape[1:])]
    return tf.compat.v1.placeholder(tf.as_dtype(tensor.dtype), shape)


def _added_losses(node: Node, inputs: Inputs) -> bool:
    with keras.StatelessScope(collect_losses=True) as scope:
        _call(node, inputs, training=False)
    return bool(scope.losses)


def _has_slopes(node: Node, inputs: Inputs) -> bool:
    """Tell whether a layer's call lets a gradient through to any of its inputs."""
    return bool(_slopes(node, inputs)[1])


def _lacking(node: Node, inputs: Inputs, twice: bool) -> tuple[str, bool]:
    """Return the operation of a layer's derivative that has none itself, empty without; whether a gradient stops.

    Raises LookupError where the first derivative is missing already.
    """
    upstream, slopes = _slopes(node, inputs)
    if not twice:
        return "", False
    graph = tf.compat.v1.get_default_graph()
    way = _between(graph, upstream, slopes)
    lacking = next((operation.type for operation in way if not _has_gradient(operation)), "")
    return lacking, any(operation.type == "StopGradient" for operation in graph.get_operations())


def _slopes(node: Node, inputs: Inputs) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
    """Return what goes back into a layer's call, and what of it comes out."""
    sources = [tensor for tensor in inputs.values() if tensor.dtype.is_floating]
    with keras.StatelessScope(), tf.GradientTape() as tape:
        tape.watch(sources)
        results = [tf.convert_to_tensor(result) for result in keras.tree.flatten(_call(node, inputs, training=True))]
        results = [result for result in results if result.dtype.is_floating]
    upstream = [tf.compat.v1.placeholder(result.dtype, result.shape) for result in results]
    slopes = tape.gradient(results, sources, upstream) if results else []
    return upstream, [slope for slope in slopes if slope is not None]


def _call(node: Node, inputs: Inputs, training: bool) -> Tensor:
    args, kwargs = node.arguments.fill_in(inputs)
    if "training" in inspect.signature(node.operation.call).parameters:
        kwargs = kwargs | {"training": training}
    return node.operation(*args, **kwargs)


def _between(graph: tf.Graph, sources: list[tf.Tensor], targets: list[tf.Tensor]) -> list[tf.Operation]:
    """Return the operations through which the targets depend on the sources, in order."""
    reached, way = {source.op for source in sources}, []
    for operation in graph.get_operations():
        if any(tensor.op in reached for tensor in operation.inputs):
            reached.add(operation)
            way.append(operation)
    needed = {target.op for target in targets}
    for operation in reversed(way):
        if operation in needed:
            needed.update(tensor.op for tensor in operation.inputs)
    return [operation for operation in way if operation in needed]


def _has_gradient(operation: tf.Operation) -> bool:
    if operation.type in _CONSTANT or not any(output.dtype.is_floating for output in operation.outputs):
        return True
    try:
        return framework.get_gradient_function(operation) is not None
    except LookupError:
        return False
