"""How much of a photograph decides a pixel of the result, from the graph of the network: what a tile must see."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType

import keras
import numpy as np
from keras import layers

from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import DLNet
from dlnet_tf.likelihood.nodes import Node, nodes_in_order
from dlnet_tf.likelihood.plain_network import described
from dlnet_tf.likelihood.priors import LocalPrior
from dlnet_tf.reach import Reach
from dlnet_tf.tensors import Tensor

# Whatever these compute, they compute for each pixel alone.
POINTWISE = {
    layers.Activation,
    layers.Add,
    layers.Average,
    layers.BatchNormalization,
    layers.Dropout,
    layers.ELU,
    layers.LeakyReLU,
    layers.Maximum,
    layers.Minimum,
    layers.Multiply,
    layers.ReLU,
    layers.Rescaling,
    layers.SpatialDropout2D,
    layers.Subtract,
}
# And these functions of `keras.ops`, whose classes in a graph are not public.
POINTWISE_FUNCTIONS = frozenset(
    "Add Divide Exp Gelu LeakyRelu Maximum Minimum Multiply Negative Relu Sigmoid Silu Subtract Tanh".split()
)


@dataclasses.dataclass(frozen=True)
class ReceptiveField:
    """What a tile of the degraded image needs about it, so that it is restored as it is in the whole image.

    Attributes:
        scale: restored pixels per degraded pixel.
        before: rows above and columns to the left, in degraded pixels.
        after: rows below and columns to the right.
        step: its first row and column are multiples of it.
    """

    scale: int
    before: int
    after: int
    step: int


class _Unknown(Exception):
    """How far something sees is not known."""


def _convolution(layer: layers.Layer, divisor: int) -> Reach:
    """Read the reach off a convolution of Keras, on sides that are multiples of the divisor."""
    dilation, stride = max(layer.dilation_rate), max(layer.strides)
    reach = dilation * (max(layer.kernel_size) - 1)
    # Where it does not divide the sides, a stride drops pixels by the size of the image, which is another one for a
    # tile; "valid" shifts them.
    if divisor % stride or len(set(layer.strides)) > 1 or len(set(layer.kernel_size)) > 1:
        raise _Unknown
    if reach and layer.padding != "same":
        raise _Unknown
    before = max(reach + 1 - stride, 0) // 2
    return Reach(Fraction(1, stride), Fraction(before), Fraction(reach - before))


def _transposed(layer: layers.Conv2DTranspose, divisor: int) -> Reach:
    (stride, *other), (side, *others) = set(layer.strides), set(layer.kernel_size)
    if other or others or layer.padding != "same" or layer.output_padding or max(layer.dilation_rate) > 1:
        raise _Unknown
    # As TensorFlow pads: output pixel p gets x[i] k[j] where p + first = stride i + j.
    first = max(side - stride, 0) // 2
    return Reach(Fraction(stride), Fraction(side - 1 - first, stride), Fraction(first, stride))


# Keras' own layers, on sides that are multiples of a divisor; layers of this package have a method for it, `reach`, or
# `reach_of` from the reaches of inputs that differ.
READERS: dict[type, Callable[[layers.Layer, int], Reach]] = {
    layers.Conv2D: _convolution,
    layers.Conv2DTranspose: _transposed,
    layers.DepthwiseConv2D: _convolution,
    layers.SeparableConv2D: _convolution,
}


def _of_node(node: Node, inputs: Sequence[Reach]) -> Reach:
    """Return the reach of what a node of the graph computes."""
    kind = type(node.operation)
    if hasattr(node.operation, "reach_of"):
        return node.operation.reach_of(inputs)
    if any(reach.scale != inputs[0].scale for reach in inputs):
        raise _Unknown
    read = inputs[0]
    for reach in inputs[1:]:
        read |= reach
    if hasattr(node.operation, "reach"):
        return read.through(node.operation.reach())
    if kind in READERS:
        return read.through(READERS[kind](node.operation, read.divisor))
    if kind in POINTWISE or _is_pointwise_function(node):
        return read
    raise _Unknown


def _is_pointwise_function(node: Node) -> bool:
    """Return whether a node computes each pixel of its result from that pixel alone, by a function of `keras.ops`."""
    kind = type(node.operation)
    if kind.__module__.split(".")[0] != "keras":
        return False
    if kind.__name__ == "GetItem":
        # Slices of the channels alone, as in x[..., 16:]; of a loaded model the key is a list.
        key = node.arguments.args[1]
        return isinstance(key, (tuple, list)) and len(key) == 2 and key[0] is Ellipsis
    # The layer has the name of the function.
    if kind.__name__ == "Concatenate":
        return node.operation.axis in (-1, 3)
    return kind.__name__ in POINTWISE_FUNCTIONS


def _walk(model: keras.Model, inputs: Sequence[Reach | None]) -> list[Reach | None]:
    """Return the reach of every output of a functional model, given that of every input; None for what is no image."""
    reaches = {id(tensor): reach for tensor, reach in zip(model.inputs, inputs, strict=True) if reach}
    for node in nodes_in_order(model):
        # What does not depend on an image (the level of the noise, say) is the same for all pixels.
        read = [reaches[id(tensor)] for tensor in node.input_tensors if id(tensor) in reaches]
        if read:
            try:
                reach = _of_node(node, read)
            except _Unknown:
                raise UsageError(
                    f"{model.name}: layer {node.operation.name} ({type(node.operation).__name__}) does not say how far "
                    "it sees (method reach), so a photograph can be restored only as a whole, not in tiles"
                ) from None
            reaches.update((id(tensor), reach) for tensor in node.outputs)
    return [reaches.get(id(tensor)) for tensor in model.outputs]


def _of_step(model: DLNet, shapes: Mapping[str, Sequence[int]]) -> Fraction:
    """Return how far the gradient with respect to the image that h gives sees, before and after it together."""
    of_degradation = model.degradation.reach(shapes)
    prior = model.likelihood.prior
    if prior is None:
        return of_degradation
    if not isinstance(prior, LocalPrior):
        raise UsageError(f"{model.name}: the prior {type(prior).__name__} does not say how far it sees (method reach)")
    return max(of_degradation, Fraction(prior.reach(), model.degradation.scale))


def receptive_field(model: keras.Model, parameters: Mapping[str, object] = MappingProxyType({})) -> ReceptiveField:
    """Find what decides a pixel of the result.

    The first evaluation of h sees what g and h see. Each update of z adds the same to both sides: the gradient at a
    pixel of z comes back through h and W from residuals, each of which was seen through W and h.

    Args:
        model: a DL-Net, or a backbone with the input `degraded`.
        parameters: those of the degradation for one image, by name, where they are known.

    Returns:
        Bounds, along both axes alike; less may do.

    Raises:
        UsageError: a layer is none of those whose reach is known, or a convolution has strides on sides that are no
            multiples of them.
    """
    g = described(model).g
    seen = _walk(g, [Reach() if len(tensor.shape) == 4 else None for tensor in g.inputs])
    if not isinstance(model, DLNet):
        return _rounded(seen)
    starts, damped = model.start is not None, model.num_steps > 1 and model.update.damping is not None
    # The responses of inverses that follow each other fade together: that of one is counted, not of each.
    inverse = Fraction(model.degradation.inverse_reach(parameters) if starts or damped else 0)
    seen = [reach and reach.through(Reach(before=inverse, after=inverse)) for reach in seen]
    head = model.likelihood.head
    restored = _walk(head, seen)
    (of_head,) = _walk(head, [reach and Reach(reach.scale) for reach in seen])
    assert of_head  # it depends on z
    step = of_head.before + of_head.after + _of_step(model, shapes_of(parameters))
    return _rounded(restored, (model.num_steps - 1) * step)


def shapes_of(parameters: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of parameters by name."""
    return {name: np.shape(value) for name, value in parameters.items()}


def magnification(model: keras.Model) -> int:
    """Return the restored pixels per degraded pixel of a DL-Net or backbone; raises as `receptive_field`."""
    return model.degradation.scale if isinstance(model, DLNet) else receptive_field(model).scale


def _rounded(outputs: Sequence[Reach | None], more: Fraction = Fraction(0)) -> ReceptiveField:
    """Return whole pixels: the last restored pixel of degraded pixel q lies at q + 1 - 1 / scale."""
    (reach,) = outputs
    assert reach  # a restored image depends on the degraded one
    scale = int(reach.scale)
    return ReceptiveField(
        scale, math.floor(reach.before + more), math.floor(reach.after + more + 1 - Fraction(1, scale)), reach.step
    )
