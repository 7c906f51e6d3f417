"""Weights of one network in another one that is built alike but for some layers."""

from __future__ import annotations

import keras


def transfer(source: keras.Model, target: keras.Model) -> int:
    """Copy the weights of the layers that have the same name and shapes, as those of a network at another scale.

    Args:
        source: a built model.
        target: a built model, whose other layers stay as they are.

    Returns:
        The number of layers that were copied.
    """
    found = {layer.name: layer.get_weights() for layer in source.layers}
    copied = 0
    for layer in target.layers:
        weights, own = found.get(layer.name, []), layer.get_weights()
        if own and [w.shape for w in weights] == [w.shape for w in own]:
            layer.set_weights(weights)
            copied += 1
    return copied
