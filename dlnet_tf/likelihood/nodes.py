"""What a functional Keras model is made of: calls of layers, whose own classes in Keras are not public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import keras

from dlnet_tf.tensors import Tensor


class Arguments(Protocol):
    """What a call was given."""

    args: Sequence[object]

    def fill_in(self, tensors: Mapping[int, Tensor], /) -> tuple[Sequence[object], dict[str, object]]:
        """Return (args, kwargs) with other tensors, each by the identity of the one whose place it takes."""


class Node(Protocol):
    """A call of a layer, or of a function of `keras.ops`."""

    operation: keras.Operation
    arguments: Arguments
    input_tensors: Sequence[keras.KerasTensor]
    outputs: Sequence[keras.KerasTensor]
    is_input: bool


def nodes_in_order(model: keras.Model) -> list[Node]:
    """Return the calls of layers in a functional model, each after those that it takes its input from."""
    nodes_by_depth = model._nodes_by_depth
    nodes = [node for depth in sorted(nodes_by_depth, reverse=True) for node in nodes_by_depth[depth]]
    return [node for node in nodes if not node.is_input]
