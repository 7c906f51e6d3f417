"""Grouped convolution as a dense one with a block-diagonal kernel."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import keras
import numpy as np
from keras import ops

from dlnet_tf.reach import Reach
from dlnet_tf.tensors import Tensor


@keras.saving.register_keras_serializable("dlnet_tf")
class GroupedConv2D(keras.layers.Layer):
    """Stride-1 "same" convolution in channel groups, with the weights of `keras.layers.Conv2D(groups=...)`.

    On a CPU TensorFlow's gradient of a grouped convolution is an order of magnitude slower than that of the dense
    convolution with the same channels, so the dense one is run, with zeros between the groups.

    Args:
        filters: number of output channels.
        kernel_size: odd side of the kernel.
        groups: number of groups; divides input and output channels.
    """

    def __init__(self, filters: int, kernel_size: int, groups: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.groups = groups

    def build(self, input_shape: tuple[int | None, int | None, int | None, int]) -> None:
        """Create the kernel [k, k, in / groups, filters] and the bias [filters]."""
        channels = input_shape[-1]
        inputs, outputs = channels // self.groups, self.filters // self.groups
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.kernel_size, self.kernel_size, inputs, self.filters),
            initializer="he_normal",
        )
        self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros")
        self._same_group = np.kron(np.eye(self.groups), np.ones((inputs, outputs)))

    def call(self, inputs: Tensor) -> Tensor:
        """Map [B, h, w, in] to [B, h, w, filters]."""
        kernel = ops.tile(self.kernel, (1, 1, self.groups, 1))
        kernel = kernel * ops.cast(self._same_group, kernel.dtype)
        return ops.conv(inputs, kernel, padding="same", data_format="channels_last") + self.bias

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return [B, h, w, filters]."""
        return (*input_shape[:-1], self.filters)

    def reach(self) -> Reach:
        """Return what a pixel is made of."""
        radius = Fraction(self.kernel_size // 2)
        return Reach(before=radius, after=radius)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "groups": self.groups,
        }
