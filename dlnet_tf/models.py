"""Models from files, and the same model in another precision."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping
from typing import Any

import keras

from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import DLNet


def load(path: str | os.PathLike[str]) -> keras.Model:
    """Load a `.keras` file in safe mode.

    Args:
        path: the file.

    Returns:
        The model, not compiled.

    Raises:
        UsageError: the file is missing, or no model of this package or of Keras alone.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise UsageError(f"{path}: no such file, expected a .keras checkpoint")
    try:
        return keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises whatever its reader meets in a broken or hostile file
        reason = " ".join(str(error).split())[:120]
        raise UsageError(f"{path}: cannot be loaded as a .keras checkpoint ({reason})") from None


def backbone_of(model: keras.Model) -> keras.Model:
    """Return the restoration network inside a DL-Net, or the model itself."""
    return model.backbone if isinstance(model, DLNet) else model


def pick_inputs(model: keras.Model, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a batch's tensors that a model takes: a backbone sees no parameters of the degradation."""
    if isinstance(model, DLNet):
        return dict(inputs)
    return {tensor.name: inputs[tensor.name] for tensor in model.inputs}


def with_precision(model: keras.Model, precision: str, layer: str = "z") -> keras.Model:
    """Copy a model, with the layers before z in another precision; z and h stay in float32.

    Args:
        model: a functional backbone or a DL-Net.
        precision: Keras dtype policy, "float32" or "mixed_bfloat16".
        layer: name of the layer that gives z in a backbone; a DL-Net knows its own.

    Returns:
        A new model with the same weights.
    """
    if isinstance(model, DLNet):
        config = model.get_config()
        config["backbone"] = keras.saving.serialize_keras_object(with_precision(model.backbone, precision, model.layer))
        copy = DLNet.from_config(config)
    else:
        before = {part.name for part in keras.Model(model.inputs, model.get_layer(layer).output).layers}
        before.discard(layer)

        def clone(part: keras.layers.Layer) -> keras.layers.Layer:
            config = part.get_config()
            if part.name in before:
                config["dtype"] = precision
            return type(part).from_config(config)

        copy = keras.models.clone_model(model, clone_function=clone)
    copy.set_weights(model.get_weights())
    return copy
