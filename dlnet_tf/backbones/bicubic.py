"""Bicubic upscaling as two matrix products: differentiable to any order, exportable at any size."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import keras
from keras import ops

from dlnet_tf.reach import Reach
from dlnet_tf.resize import resize
from dlnet_tf.tensors import Tensor


@keras.saving.register_keras_serializable("dlnet_tf")
class BicubicUpscale(keras.layers.Layer):
    """MATLAB's bicubic `imresize` by an integer factor.

    Args:
        scale: integer magnification.
    """

    def __init__(self, scale: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs: Tensor) -> Tensor:
        """Map [B, h, w, C] to [B, scale h, scale w, C]."""
        _, height, width, _ = ops.shape(inputs)
        return resize(inputs, (height * self.scale, width * self.scale), self.scale)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return [B, scale h, scale w, C]."""
        batch, *size, channels = input_shape
        return (batch, *(None if n is None else n * self.scale for n in size), channels)

    def reach(self) -> Reach:
        """Return what a pixel is made of."""
        # Pixel p lies at (p + 1/2) / t - 1/2 and reads less than two pixels to each side.
        shift = Fraction(1, 2) - Fraction(1, 2 * self.scale)
        return Reach(Fraction(self.scale), 2 + shift, 2 - shift)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"scale": self.scale}
