"""A prior R of Eq. (3) of arXiv:1904.09105v4 that was learned: what a discriminator finds unlike true images."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from dlnet_tf.tensors import Tensor


@keras.saving.register_keras_serializable("dlnet_tf")
class AdversarialPrior(keras.layers.Layer):
    """R(x) = weight * softplus(-D(x)), averaged over what D says of an image: the adversarial R_x of the paper.

    D is copied and stays as it is, also where the DL-Net is trained; it is saved with the model.

    Args:
        discriminator: D, a Keras model [B, H, W, C] -> logits [B, ...], large where it sees truth. Its layers are
            differentiable twice and see no other image of the batch.
        weight: >= 0, in units of the fidelity (a sum of squares).
    """

    def __init__(self, discriminator: keras.Model, weight: float, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", "autocast": False} | kwargs)
        self.discriminator = keras.models.clone_model(discriminator)
        self.discriminator.set_weights(discriminator.get_weights())
        self.weight = weight
        self.trainable = False

    def call(self, x: Tensor) -> Tensor:
        """Map images [B, H, W, C] to what they cost, [B]."""
        cost = ops.softplus(-self.discriminator(x, training=False))
        return self.weight * ops.mean(cost, axis=tuple(range(1, len(cost.shape))))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        discriminator = keras.saving.serialize_keras_object(self.discriminator)
        return {"name": self.name, "discriminator": discriminator, "weight": self.weight}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> AdversarialPrior:
        """Build the prior that `get_config` described, its weights not yet those that were saved."""
        return cls(**config | {"discriminator": keras.saving.deserialize_keras_object(config["discriminator"])})
