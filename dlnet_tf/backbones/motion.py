"""The spatial transformer of VESPCN: how a frame has moved, at a quarter of the size and then at half of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import keras
from keras import layers, ops

from dlnet_tf.backbones.transposed_conv import depth_to_space
from dlnet_tf.backbones.warp import Warp
from dlnet_tf.reach import Reach
from dlnet_tf.tensors import Tensor

# Sides and strides of the five convolutions of each stage.
COARSE = (5, 3, 5, 3, 3), (2, 1, 2, 1, 1)
FINE = (5, 3, 3, 3, 3), (2, 1, 1, 1, 1)
# Degraded pixels of one unit of flow: about what the coarse stage sees to each side.
REACH = 16
# The names of the calls for the frame before the middle one and the frame after it.
NEIGHBOURS = ("previous", "next")


@keras.saving.register_keras_serializable("dlnet_tf")
class PadToMultiple(layers.Layer):
    """Append rows and columns of zeros until their numbers can be divided, so that strides fall alike at every size.

    Args:
        divisor: what both are divided by.
    """

    def __init__(self, divisor: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.divisor = divisor

    def call(self, inputs: Tensor) -> Tensor:
        """Map [B, h, w, C] to [B, h', w', C]."""
        _, height, width, _ = ops.shape(inputs)
        return ops.pad(inputs, ((0, 0), (0, -height % self.divisor), (0, -width % self.divisor), (0, 0)))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return [B, h', w', C]."""
        batch, *size, channels = input_shape
        return (batch, *(None if n is None else n + -n % self.divisor for n in size), channels)

    def reach(self) -> Reach:
        """Return what a pixel is made of: itself, with strides behind this layer that fall as in the whole image."""
        return Reach(divisor=self.divisor, step=self.divisor)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"divisor": self.divisor}


@keras.saving.register_keras_serializable("dlnet_tf")
class Flow(layers.Layer):
    """tanh and depth-to-space: features at a fraction of the size to a flow at the size of an image.

    Args:
        scale: magnification.
    """

    def __init__(self, scale: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs: Tensor) -> Tensor:
        """Map [features [B, h' / scale, w' / scale, 2 scale^2], image [B, h, w, C]] to [B, h, w, 2] in (-1, 1)."""
        features, image = inputs
        batch, height, width, _ = ops.shape(image)
        return ops.slice(depth_to_space(ops.tanh(features), self.scale), (0, 0, 0, 0), (batch, height, width, 2))

    def compute_output_shape(self, input_shape: Sequence[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """Return [B, h, w, 2]."""
        return (*input_shape[1][:3], 2)

    def reach_of(self, inputs: Sequence[Reach]) -> Reach:
        """Return what a pixel is made of, from the reaches of the features and of an image of which the size counts."""
        features, image = inputs
        found = features.through(Reach(Fraction(self.scale), before=Fraction(self.scale - 1, self.scale)))
        return dataclasses.replace(found, divisor=image.divisor)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"scale": self.scale}


def _stage(
    name: str, shape: tuple[tuple[int, ...], tuple[int, ...]], scale: int, width: int, precision: str
) -> Callable[..., Tensor]:
    """Make a function of (what stands in front of the names of a call, images, middle frame) that returns a flow."""
    sides, strides = shape
    convolutions = [
        layers.Conv2D(
            width if index < len(sides) else 2 * scale**2,
            side,
            strides=stride,
            padding="same",
            activation="relu" if index < len(sides) else None,
            # Small at the end, so that training starts from no motion.
            kernel_initializer="he_normal" if index < len(sides) else keras.initializers.RandomNormal(stddev=1e-3),
            dtype=precision,
            data_format="channels_last",
            name=f"{name}{index}",
        )
        for index, (side, stride) in enumerate(zip(sides, strides, strict=True), 1)
    ]
    pad = PadToMultiple(scale, dtype=precision, name=f"{name}_pad")

    def flow(prefix: str, images: list[Tensor], middle: Tensor) -> Tensor:
        x = pad(layers.Concatenate(dtype=precision, name=f"{prefix}_{name}_input")(images))
        for convolution in convolutions:
            x = convolution(x)
        return Flow(scale, dtype="float32", name=f"{prefix}_{name}_flow")([x, middle])

    return flow


def motion_compensation(width: int, precision: str) -> Callable[[str, Tensor, Tensor], Tensor]:
    """Make the layers that align neighbours with a middle frame, shared by all neighbours.

    Args:
        width: channels of the hidden layers.
        precision: Keras dtype policy of the convolutions; flows and warping are float32.

    Returns:
        A function of (name, middle frame, neighbour), both [B, h, w, 1], that returns the neighbour where the middle
        frame has the same content, [B, h, w, 1]. Its layer is called `<name>_aligned`, that of the flow in units of
        `REACH` pixels `<name>_flow`.
    """
    coarse = _stage("coarse", COARSE, 4, width, precision)
    fine = _stage("fine", FINE, 2, width, precision)

    def align(name: str, middle: Tensor, neighbour: Tensor) -> Tensor:
        first = coarse(name, [middle, neighbour], middle)
        guess = Warp(REACH, dtype="float32", name=f"{name}_coarse_aligned")([neighbour, first])
        second = fine(name, [middle, neighbour, guess, first], middle)
        flow = layers.Add(dtype="float32", name=f"{name}_flow")([first, second])
        return Warp(REACH, dtype="float32", name=f"{name}_aligned")([neighbour, flow])

    return align
