"""A tensor of a network that goes more than two ways, as a layer."""

from __future__ import annotations

from typing import Any

import keras

from dlnet_tf.copies import copies
from dlnet_tf.reach import Reach
from dlnet_tf.tensors import Tensor


@keras.saving.register_keras_serializable("dlnet_tf")
class Copied(keras.layers.Layer):
    """A tensor for each of its uses, whose gradients are added up in one order: see `dlnet_tf.copies`.

    Args:
        count: number of uses.
    """

    def __init__(self, count: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count = count

    def call(self, inputs: Tensor, training: bool | None = None) -> list[Tensor]:
        """Return copies in training, else the tensor itself so many times."""
        return copies(inputs, self.count) if training else [inputs] * self.count

    def reach(self) -> Reach:
        """Return what a pixel is made of: itself."""
        return Reach()

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"count": self.count}
