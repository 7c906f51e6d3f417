"""A model in words, and its step sizes as curves."""

from __future__ import annotations

import keras

from dlnet_tf.likelihood import DLNet
from dlnet_tf.likelihood.plain_network import described


def description(model: keras.Model) -> str:
    """Tell how large a model is and, of a DL-Net, what moves z."""
    parts = [f"{model.count_params():,} parameters"]
    if isinstance(model, DLNet):
        parts += [f"K = {model.num_steps}", model.update.describe()]
    return ", ".join(parts)


def step_size_curves(model: keras.Model) -> dict[str, float]:
    """Return the mean step size of each update of z for TensorBoard; nothing where none is learned."""
    return described(model).update.curves()
