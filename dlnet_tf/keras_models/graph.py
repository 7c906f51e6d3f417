"""The network inside a model, what it takes, and copies of it with other layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import keras

from dlnet_tf.likelihood import DLNet
from dlnet_tf.likelihood.nodes import nodes_in_order
from dlnet_tf.likelihood.plain_network import described
from dlnet_tf.tensors import Tensor


def backbone_of(model: keras.Model) -> keras.Model:
    """Return the restoration network inside a DL-Net, or the model itself."""
    return described(model).backbone


def pick_inputs(model: keras.Model, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return those of a batch's tensors that a model takes: a backbone sees no parameters of the degradation."""
    return described(model).pick(inputs)


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
