"""What the other objectives share: half the squared error and the decay of convolution kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import numpy as np
from keras import ops

from dlnet_tf import keras_models
from dlnet_tf.objectives.reconstruction import reconstruction
from dlnet_tf.tensors import Tensor


class Objective:
    """Joint training: 1/2 sum (xhat - x)^2 + weight_decay * sum_kernels 1/2 ||w||^2, one loss a sample.

    Others override `error`, the first term. The second is added to the loss of every sample, so that the mean over a
    batch counts it once, and it stands beside a sum over pixels: an `error` that is a mean would need another decay.

    Not a Keras layer: it has no input of its own, and the model that it calls is not a part of it.

    Args:
        weight_decay: factor of the second term, >= 0; 1e-4 in the paper's inpainting and interpolation.

    Attributes:
        variables: what is trained beside the model and kept with the run; always in the same order.
    """

    variables: Sequence[keras.Variable] = ()

    def __init__(self, weight_decay: float = 0.0) -> None:
        self.weight_decay = weight_decay

    def __call__(self, model: keras.Model, inputs: Mapping[str, Tensor], clean: Tensor) -> Tensor:
        """Run a model in training mode.

        Args:
            model: a backbone or a DL-Net.
            inputs: tensors of a batch by name; those that the model does not take may be of use to `error`.
            clean: x, [B, H, W, C].

        Returns:
            Loss of every sample, [B].
        """
        restored = model(keras_models.pick_inputs(model, inputs), training=True)
        loss = self.error(restored, clean, inputs)
        if not self.weight_decay:
            return loss
        decay = sum(0.5 * ops.sum(ops.square(kernel)) for kernel in convolution_kernels(model))
        return loss + self.weight_decay * decay

    def error(self, restored: Tensor, clean: Tensor, inputs: Mapping[str, Tensor]) -> Tensor:
        """Return the loss of every sample without the decay, [B].

        Args:
            restored: xhat, [B, H, W, C].
            clean: x, [B, H, W, C].
            inputs: tensors of the batch by name.
        """
        return reconstruction(restored, clean)

    def values(self, restored: Tensor, inputs: Mapping[str, Tensor]) -> Tensor:
        """Return how many values the error of a sample is a sum over, a number or [B]."""
        return float(np.prod(restored.shape[1:]))

    def curves(self) -> dict[str, float]:
        """Return scalars for TensorBoard."""
        return {}


def convolution_kernels(model: keras.Model) -> list[Tensor]:
    """Return the trained variables that decay: those named "kernel" that have four axes.

    These are the kernels of two-dimensional convolutions, transposed ones among them. A dense layer's kernel has two
    axes, that of the autoencoder's channel-wise map three; biases, batch normalisation and step sizes have other names.
    """
    return [
        variable for variable in model.trainable_variables if variable.name == "kernel" and len(variable.shape) == 4
    ]
