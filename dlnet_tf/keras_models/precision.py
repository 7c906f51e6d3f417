"""The same model in another precision."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import keras

from dlnet_tf.keras_models.graph import backbone_of, readers, rebuilt
from dlnet_tf.likelihood.plain_network import described


def with_precision(
    model: keras.Model,
    precision: str,
    kinds: Mapping[type[keras.layers.Layer], type[keras.layers.Layer]] = MappingProxyType({}),
) -> keras.Model:
    """Copy a model, with the layers before z in another precision; z and h stay in float32.

    So do the layers that read the inputs of the network: in [0.5, 1] bfloat16 has steps of 1/256, as coarse as an 8-bit
    image, and undoing a wide blur would amplify them.

    Args:
        model: a functional backbone or a DL-Net.
        precision: Keras dtype policy, "float32" or "mixed_bfloat16".
        kinds: classes of layers that stand in the place of others, with the same config and weights.

    Returns:
        A new model with the same weights.
    """
    network = backbone_of(model)
    layer = described(model).layer or "z"
    before = {part.name for part in keras.Model(network.inputs, network.get_layer(layer).output).layers}
    before -= {layer, *readers(network)}

    def clone(part: keras.layers.Layer) -> keras.layers.Layer:
        config = part.get_config()
        if part.name in before:
            config["dtype"] = precision
        return kinds.get(type(part), type(part)).from_config(config)

    return rebuilt(model, clone)
