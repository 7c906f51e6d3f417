"""An adversarial loss added to the reconstruction loss (Figure 3 of arXiv:1904.09105v4)."""

from __future__ import annotations

from collections.abc import Mapping

import keras
from keras import layers, ops

from dlnet_tf.objectives.objective import Objective
from dlnet_tf.tensors import Tensor

SLOPE = 0.2


def discriminator(size: int = 64, channels: int = 3) -> keras.Model:
    """Build D: four convolutions 4x4 of stride 2, 64 to 512 wide, and one logit for each of the patches that they see.

    It has no batch normalisation, so that the loss of a sample does not depend on its batch. Float32.

    Args:
        size: height and width of the images, a multiple of 16.
        channels: C.

    Returns:
        A functional model [B, size, size, C] -> logits [B, size / 16, size / 16, 1], large where it sees truth.
    """
    image = keras.Input((size, size, channels), name="image")
    x = image
    for index in (1, 2, 3, 4):
        x = layers.Conv2D(
            32 * 2**index,
            4,
            strides=2,
            padding="same",
            dtype="float32",
            name=f"conv{index}",
            data_format="channels_last",
        )(x)
        x = layers.LeakyReLU(SLOPE, dtype="float32", name=f"conv{index}_act")(x)
    logits = layers.Conv2D(1, 3, padding="same", dtype="float32", name="logits", data_format="channels_last")(x)
    return keras.Model(image, logits, name="discriminator")


class Adversarial(Objective):
    """Joint training + weight * f(-D(xhat)), and for D f(-D(x)) + f(D(xhat)), f = softplus meaned over patches.

    Both players descend in one step of one optimizer: their losses are added, with D held fixed in the first and xhat
    in the second, so that each one's variables get the gradient of its own loss only.

    Args:
        weight: weight of the adversarial term, >= 0, beside half a squared error summed over pixels.
        weight_decay: as in `Objective`; D does not decay.
        size: height and width of the images.
        channels: C.
    """

    def __init__(self, weight: float, weight_decay: float = 0.0, size: int = 64, channels: int = 3) -> None:
        super().__init__(weight_decay)
        self.weight = weight
        self.discriminator = discriminator(size, channels)
        self.variables = self.discriminator.trainable_variables

    def error(self, restored: Tensor, clean: Tensor, inputs: Mapping[str, Tensor]) -> Tensor:
        """Return the sum of both losses for every sample, [B]."""
        fixed = [ops.stop_gradient(variable) for variable in self.variables]
        judged, _ = self.discriminator.stateless_call(fixed, [], restored)
        of_discriminator = _cost(-self.discriminator(clean)) + _cost(self.discriminator(ops.stop_gradient(restored)))
        return super().error(restored, clean, inputs) + self.weight * _cost(-judged) + of_discriminator


def _cost(logits: Tensor) -> Tensor:
    """Return the mean over patches of softplus, [B, h, w, 1] -> [B]."""
    return ops.mean(ops.softplus(logits), axis=(1, 2, 3))
