"""Bicubic upscaling as two matrix products: differentiable to any order, exportable at any size."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from dlnet_tf.resize import resize


@keras.saving.register_keras_serializable("dlnet_tf")
class BicubicUpscale(keras.layers.Layer):
    """MATLAB's bicubic `imresize` by an integer factor.

    Args:
        scale: integer magnification.
    """

    def __init__(self, scale: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs: Any) -> Any:
        """Map [B, h, w, C] to [B, scale h, scale w, C]."""
        _, height, width, _ = ops.shape(inputs)
        return resize(inputs, (height * self.scale, width * self.scale), self.scale)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return [B, scale h, scale w, C]."""
        batch, *size, channels = input_shape
        return (batch, *(None if n is None else n * self.scale for n in size), channels)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"scale": self.scale}
