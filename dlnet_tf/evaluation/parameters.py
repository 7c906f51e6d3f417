"""How many parameters a model has, part by part."""

from __future__ import annotations

import keras

from dlnet_tf.backbones.autoencoder import PARTS
from dlnet_tf.keras_models import backbone_of


def count_parameters(model: keras.Model) -> dict[str, int]:
    """Count the parameters of a model, those of batch normalisation's statistics among them.

    Args:
        model: a backbone, or a DL-Net around one.

    Returns:
        Part -> number, parts without any left out: for an autoencoder `encoder`, `channel_fc`, `decoder` and `other`
        layers; for a DL-Net `update`, which is what its rule has learned; always `total`.
    """
    backbone = backbone_of(model)
    parts = dict.fromkeys([*PARTS.values(), "other"], 0)
    for layer in backbone.layers:
        part = next((part for start, part in PARTS.items() if layer.name.startswith(start)), "other")
        parts[part] += layer.count_params()
    if not parts["encoder"]:
        parts = {}
    parts["update"] = model.count_params() - backbone.count_params()
    return {part: count for part, count in parts.items() if count} | {"total": model.count_params()}
