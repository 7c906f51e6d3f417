"""Motion compensation: a frame read where its content has moved to."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import keras
from keras import ops

from dlnet_tf.reach import Reach
from dlnet_tf.tensors import Tensor

# Largest flow: the sum of what the tanh of two stages gives.
LARGEST = 2


@keras.saving.register_keras_serializable("dlnet_tf")
class Warp(keras.layers.Layer):
    """Bilinear warping: pixel p of the result is the frame at p + reach * flow(p), beyond the border its edge pixel.

    Args:
        reach: pixels of one unit of flow.
    """

    def __init__(self, reach: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._reach = reach

    def call(self, inputs: Tensor) -> Tensor:
        """Map [frame [B, h, w, C], flow [B, h, w, 2] along rows and columns] to [B, h, w, C]."""
        frame, flow = inputs
        batch, height, width, channels = ops.shape(frame)
        top, bottom, down = _neighbours(self._reach * flow[..., 0], height, axis=0)
        left, right, across = _neighbours(self._reach * flow[..., 1], width, axis=1)
        pixels = ops.reshape(frame, (batch, height * width, channels))

        def read(row: Tensor, column: Tensor) -> Tensor:
            index = ops.reshape(row * width + column, (batch, height * width, 1))
            return ops.reshape(ops.take_along_axis(pixels, index, axis=1), (batch, height, width, channels))

        above = read(top, left) * (1 - across) + read(top, right) * across
        below = read(bottom, left) * (1 - across) + read(bottom, right) * across
        return above * (1 - down) + below * down

    def compute_output_shape(self, input_shape: Sequence[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """Return [B, h, w, C]."""
        return tuple(input_shape[0])

    def reach_of(self, inputs: Sequence[Reach]) -> Reach:
        """Return what a pixel is made of, from the reaches of frame and flow, with a flow of at most `LARGEST`."""
        frame, flow = inputs
        far = Fraction(LARGEST * self._reach)
        return frame.through(Reach(before=far, after=far)) | flow

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"reach": self._reach}


def _neighbours(displacement: Tensor, size: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the pixels before and after each place on an axis, int32 [B, h, w], and its distance from the first."""
    start = ops.cast(ops.arange(size), displacement.dtype)
    last = ops.cast(size - 1, displacement.dtype)
    place = ops.clip(displacement + (start[:, None] if axis == 0 else start), 0, last)
    before = ops.floor(place)
    first = ops.cast(before, "int32")
    return first, ops.minimum(first + 1, ops.cast(size - 1, "int32")), (place - before)[..., None]
