"""A model in words, and its step sizes as curves."""

from __future__ import annotations

import keras
import numpy as np

from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate


def description(model: keras.Model) -> str:
    """Tell how large a model is and, of a DL-Net, what moves z."""
    parts = [f"{model.count_params():,} parameters"]
    if isinstance(model, DLNet):
        parts.append(f"K = {model.num_steps}")
        rule = model.update
        parts.append(f"Adam, gamma = {rule.step_size:g}" if isinstance(rule, AdamUpdate) else "learned step sizes")
    return ", ".join(parts)


def step_size_curves(model: keras.Model) -> dict[str, float]:
    """Return the mean step size of each update of z for TensorBoard; nothing where none is learned."""
    if not (isinstance(model, DLNet) and isinstance(model.update, GradientUpdate)):
        return {}
    sizes = np.asarray(model.update.step_sizes).mean(axis=1)
    return {f"step_size/update{k}": float(size) for k, size in enumerate(sizes)}
