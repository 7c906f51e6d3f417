"""Models from files, and the same model in another precision."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import keras

from dlnet_tf import checkpoint_safety
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import DLNet
from dlnet_tf.likelihood.split import nodes_in_order


def load(path: str | os.PathLike[str]) -> keras.Model:
    """Load a `.keras` file in safe mode, and no more of one than its size justifies.

    Args:
        path: the file.

    Returns:
        The model, not compiled.

    Raises:
        UsageError: the file is missing, no model of this package or of Keras alone, or would take much more memory than
            it has bytes.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise UsageError(f"{path}: no such file, expected a .keras checkpoint")
    try:
        checkpoint_safety.check(path)
        return keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises whatever its reader meets in a broken or hostile file
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise UsageError(f"{path}: cannot be loaded as a .keras checkpoint ({reason})") from None


def backbone_of(model: keras.Model) -> keras.Model:
    """Return the restoration network inside a DL-Net, or the model itself."""
    return model.backbone if isinstance(model, DLNet) else model


def pick_inputs(model: keras.Model, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a batch's tensors that a model takes: a backbone sees no parameters of the degradation."""
    if isinstance(model, DLNet):
        return dict(inputs)
    return {tensor.name: inputs[tensor.name] for tensor in model.inputs}


def rebuilt(model: keras.Model, clone: Callable[[keras.layers.Layer], keras.layers.Layer]) -> keras.Model:
    """Copy a model, with other layers in its network.

    Args:
        model: a functional backbone or a DL-Net.
        clone: returns what stands in the place of a layer, with the same weights.

    Returns:
        A new model with the same weights.
    """
    if isinstance(model, DLNet):
        config = model.get_config()
        config["backbone"] = keras.saving.serialize_keras_object(rebuilt(model.backbone, clone))
        copy = DLNet.from_config(config)
    else:
        copy = keras.models.clone_model(model, clone_function=clone)
    copy.set_weights(model.get_weights())
    return copy


def with_precision(model: keras.Model, precision: str, layer: str = "z") -> keras.Model:
    """Copy a model, with the layers before z in another precision; z and h stay in float32.

    So do the layers that read the inputs of the network: in [0.5, 1] bfloat16 has steps of 1/256, as coarse as an 8-bit
    image, and undoing a wide blur would amplify them.

    Args:
        model: a functional backbone or a DL-Net.
        precision: Keras dtype policy, "float32" or "mixed_bfloat16".
        layer: name of the layer that gives z in a backbone; a DL-Net knows its own.

    Returns:
        A new model with the same weights.
    """
    network = backbone_of(model)
    layer = model.layer if isinstance(model, DLNet) else layer
    before = {part.name for part in keras.Model(network.inputs, network.get_layer(layer).output).layers}
    before -= {layer, *readers(network)}

    def clone(part: keras.layers.Layer) -> keras.layers.Layer:
        config = part.get_config()
        if part.name in before:
            config["dtype"] = precision
        return type(part).from_config(config)

    return rebuilt(model, clone)


def readers(network: keras.Model) -> set[str]:
    """Name the layers that read an input of a network, also through layers without weights such as concatenations."""
    read = {id(tensor) for tensor in network.inputs}
    found = set()
    for node in nodes_in_order(network):
        if any(id(tensor) in read for tensor in node.input_tensors):
            found.add(node.operation.name)
            if not getattr(node.operation, "weights", ()):
                read.update(id(tensor) for tensor in node.outputs)
    return found
