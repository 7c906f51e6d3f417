"""How much of a photograph decides a pixel of the result, from the graph of the network: what a tile must see."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import keras

from dlnet_tf.degradations import BlurDownsample, Degradation
from dlnet_tf.degradations.blur_downsample import RADIUS
from dlnet_tf.degradations.kronecker import HALO
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import DLNet, TotalVariation
from dlnet_tf.likelihood.split import nodes_in_order

# Whatever these compute, they compute for each pixel alone.
POINTWISE = frozenset(
    "Activation Add Average BatchNormalization Divide Dropout ELU Exp Gelu LeakyRelu LeakyReLU Maximum "
    "Minimum Multiply Negative ReLU Relu Rescaling Sigmoid Silu SpatialDropout2D Subtract Tanh".split()
)


@dataclasses.dataclass(frozen=True)
class Reach:
    """What a pixel of a tensor depends on: pixel p on the degraded pixels p / scale - before to p / scale + after.

    Attributes:
        scale: pixels of the tensor per degraded pixel.
        before: degraded pixels, towards the first row and column.
        after: degraded pixels, towards the last ones.
    """

    scale: Fraction = Fraction(1)
    before: Fraction = Fraction(0)
    after: Fraction = Fraction(0)

    def through(self, before: Any, after: Any, magnification: int = 1) -> Reach:
        """Return that of a layer whose pixel p reads its input from p / magnification - before to .. + after."""
        return Reach(
            self.scale * magnification, self.before + before / self.scale, self.after + Fraction(after) / self.scale
        )

    def __or__(self, other: Reach) -> Reach:
        return Reach(self.scale, max(self.before, other.before), max(self.after, other.after))


@dataclasses.dataclass(frozen=True)
class ReceptiveField:
    """What a tile of the degraded image needs about it, so that it is restored as it is in the whole image.

    Attributes:
        scale: restored pixels per degraded pixel.
        before: rows above and columns to the left, in degraded pixels.
        after: rows below and columns to the right.
    """

    scale: int
    before: int
    after: int


def _convolution(layer: Any) -> tuple[int, int, int]:
    """Read (before, after, magnification) off a convolution of Keras."""
    dilation = max(layer.dilation_rate)
    reach = dilation * (max(layer.kernel_size) - 1)
    # A stride drops pixels by the size of the image, which is another one for a tile; "valid" shifts them.
    if max(layer.strides) > 1 or len(set(layer.kernel_size)) > 1 or (reach and layer.padding != "same"):
        raise _Unknown
    return reach // 2, reach - reach // 2, 1


def _transposed(layer: Any) -> tuple[Any, Any, int]:
    (stride, *other), (side, *others) = set(layer.strides), set(layer.kernel_size)
    if other or others or layer.padding != "same" or layer.output_padding or max(layer.dilation_rate) > 1:
        raise _Unknown
    # As TensorFlow pads: output pixel p gets x[i] k[j] where p + first = stride i + j.
    first = max(side - stride, 0) // 2
    return Fraction(side - 1 - first, stride), Fraction(first, stride), stride


def _subpixel(layer: Any) -> tuple[Any, Any, int]:
    return (
        Fraction(layer.kernel_size - 1 - layer.crop, layer.strides),
        Fraction(layer.crop, layer.strides),
        layer.strides,
    )


def _bicubic(layer: Any) -> tuple[Any, Any, int]:
    # Pixel p lies at (p + 1/2) / t - 1/2 and reads less than two pixels to each side.
    shift = Fraction(1, 2) - Fraction(1, 2 * layer.scale)
    return 2 + shift, 2 - shift, layer.scale


READERS: dict[str, Callable[[Any], tuple[Any, Any, int]]] = {
    "BicubicUpscale": _bicubic,
    "Conv2D": _convolution,
    "Conv2DTranspose": _transposed,
    "DepthwiseConv2D": _convolution,
    "GroupedConv2D": lambda layer: (layer.kernel_size // 2, layer.kernel_size // 2, 1),
    "SeparableConv2D": _convolution,
    "SubpixelTransposedConv": _subpixel,
}


class _Unknown(Exception):
    """How far something sees is not known."""


def _of_node(node: Any, inputs: Sequence[Reach]) -> Reach:
    """Return the reach of what a node of the graph computes."""
    kind = type(node.operation).__name__
    if any(reach.scale != inputs[0].scale for reach in inputs):
        raise _Unknown
    read = inputs[0]
    for reach in inputs[1:]:
        read |= reach
    if kind in READERS:
        return read.through(*READERS[kind](node.operation))
    if kind == "GetItem":
        # Slices of the channels alone, as in x[..., 16:]; of a loaded model the key is a list.
        key = node.arguments.args[1]
        known = isinstance(key, (tuple, list)) and len(key) == 2 and key[0] is Ellipsis
    elif kind == "Concatenate":
        known = node.operation.axis in (-1, 3)
    else:
        known = kind in POINTWISE
    if not known:
        raise _Unknown
    return read


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
                    f"{model.name}: how far layer {node.operation.name} ({type(node.operation).__name__}) sees is not "
                    "known, so that a photograph cannot be restored in tiles, only as a whole"
                ) from None
            reaches.update((id(tensor), reach) for tensor in node.outputs)
    return [reaches.get(id(tensor)) for tensor in model.outputs]


def _of_degradation(degradation: Degradation, kernel_side: int | None) -> Fraction:
    """Return the sum of how far W reaches before and after, in degraded pixels."""
    if not isinstance(degradation, BlurDownsample):
        raise UsageError(f"{type(degradation).__name__}: how far it reaches is not known")
    radius = RADIUS if kernel_side is None else kernel_side // 2
    # The bicubic kernel is 4 t clean pixels wide, and the blur's radius comes to each side.
    return Fraction(4 * degradation.scale + 2 * radius, degradation.scale)


def receptive_field(model: keras.Model, kernel_side: int | None = None) -> ReceptiveField:
    """Find what decides a pixel of the result.

    The first evaluation of h sees what g and h see. Each update of z adds the same to both sides: the gradient at a
    pixel of z comes back through h and W from residuals, each of which was seen through W and h.

    Args:
        model: a DL-Net, or a backbone with the input `degraded`.
        kernel_side: side of the blur kernel; None for a blur width.

    Returns:
        Bounds, along both axes alike; less may do.

    Raises:
        UsageError: a layer is none of those whose reach is known, or a convolution has strides.
    """
    g = model.g if isinstance(model, DLNet) else model
    seen = _walk(g, [Reach() if len(tensor.shape) == 4 else None for tensor in g.inputs])
    if isinstance(model, DLNet) and model.start is not None:
        seen = [reach and reach.through(HALO, HALO) for reach in seen]
    if not isinstance(model, DLNet):
        return _rounded(seen)
    head = model.likelihood.head
    restored = _walk(head, seen)
    (of_head,) = _walk(head, [reach and Reach(reach.scale) for reach in seen])
    assert of_head  # it depends on z
    prior = model.likelihood.prior
    if not (prior is None or isinstance(prior, TotalVariation)):
        raise UsageError(f"{model.name}: how far the prior {type(prior).__name__} sees is not known")
    # Total variation looks at the next pixel only, which is less than W there and back.
    step = of_head.before + of_head.after + _of_degradation(model.degradation, kernel_side)
    # The responses of inverses that follow each other fade together: that of one is counted, not of each.
    inverse = HALO if model.num_steps > 1 and getattr(model.update, "damping", None) is not None else 0
    return _rounded(restored, (model.num_steps - 1) * step + inverse)


def magnification(model: keras.Model) -> int:
    """Return the restored pixels per degraded pixel of a DL-Net or backbone; raises as `receptive_field`."""
    return model.degradation.scale if isinstance(model, DLNet) else receptive_field(model).scale


def _rounded(outputs: Sequence[Reach | None], more: Fraction = Fraction(0)) -> ReceptiveField:
    """Return whole pixels: the last restored pixel of degraded pixel q lies at q + 1 - 1 / scale."""
    (reach,) = outputs
    assert reach  # a restored image depends on the degraded one
    scale = int(reach.scale)
    return ReceptiveField(
        scale, math.floor(reach.before + more), math.floor(reach.after + more + 1 - Fraction(1, scale))
    )
