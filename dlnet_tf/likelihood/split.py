"""Splitting a functional Keras model at z: the network before it is g, the one after it is h."""

from __future__ import annotations

import keras

from dlnet_tf.likelihood.nodes import Node, nodes_in_order
from dlnet_tf.tensors import Tensor

HALF_PRECISION = ("bfloat16", "float16")


def _find_z(model: keras.Model, nodes: list[Node], layer: str) -> keras.KerasTensor:
    calls = [node for node in nodes if node.operation.name == layer]
    if any(tensor.name == layer for tensor in model.inputs):
        raise ValueError(f"layer {layer!r} is an input of model {model.name!r}: no layer comes before it")
    if not calls:
        known = ", ".join(dict.fromkeys(node.operation.name for node in nodes))
        raise ValueError(f"model {model.name!r} has no layer {layer!r}, only {known}")
    if len(calls) > 1:
        raise ValueError(
            f"layer {layer!r} is used {len(calls)} times in model {model.name!r}: it is not clear which output is z"
        )
    if len(calls[0].outputs) > 1:
        raise ValueError(f"layer {layer!r} has {len(calls[0].outputs)} outputs, expected one: z")
    return calls[0].outputs[0]


def _after(
    model: keras.Model, nodes: list[Node], z: keras.KerasTensor, layer: str
) -> tuple[list[Node], dict[int, keras.KerasTensor]]:
    """Return the nodes of h in order, and by identity the tensors besides z that they need."""
    # Keras tensors are compared by identity.
    after_z = {id(z)}
    for node in nodes:
        if any(id(tensor) in after_z for tensor in node.input_tensors):
            after_z.update(id(tensor) for tensor in node.outputs)
    for output in model.outputs:
        if id(output) not in after_z:
            raise ValueError(
                f"layer {layer!r} does not cut model {model.name!r}: output {output.name!r} does not depend on it"
            )
    needed = {id(output) for output in model.outputs}
    head_nodes = []
    for node in reversed(nodes):
        outputs = {id(tensor) for tensor in node.outputs}
        if id(z) not in outputs and outputs & needed & after_z:
            head_nodes.append(node)
            needed.update(id(tensor) for tensor in node.input_tensors)
    head_nodes.reverse()
    crossing: dict[int, keras.KerasTensor] = {}
    for node in head_nodes:
        crossing.update((id(tensor), tensor) for tensor in node.input_tensors if id(tensor) not in after_z)
    return head_nodes, crossing


def _called_anew(nodes: list[Node], tensors: dict[int, Tensor]) -> dict[int, Tensor]:
    """Call the operations of h on new inputs; return what became of every tensor, by identity.

    A call only adds a node to a layer, and a layer that is called on both sides of the cut stays one layer.
    """
    for node in nodes:
        args, kwargs = node.arguments.fill_in(tensors)
        results = keras.tree.flatten(node.operation(*args, **kwargs))
        tensors.update((id(old), new) for old, new in zip(node.outputs, results, strict=True))
    return tensors


def split(model: keras.Model, layer: str = "z") -> tuple[keras.Model, keras.Model]:
    """Split a functional model at a layer into g and h, so that h(g(inputs)) == model(inputs).

    What h needs besides z without depending on it (the bicubic image of a global skip, say) is computed by g, so that
    h can be evaluated many times at the price of what depends on z. Layers and weights are shared with the model, which
    stays as it is.

        >>> import keras, numpy as np
        >>> from dlnet_tf import split
        >>> y = keras.Input((8, 8, 1))
        >>> z = keras.layers.Conv2D(4, 3, padding="same", name="z")(y)
        >>> model = keras.Model(y, keras.layers.Conv2D(1, 3, padding="same")(z))
        >>> g, h = split(model)
        >>> image = np.ones((1, 8, 8, 1), "float32")
        >>> bool(np.allclose(h(g(image)), model(image)))
        True

    Args:
        model: a built functional or sequential model.
        layer: name of the layer whose only output is z; it must be called once in the model.

    Returns:
        (g, h): g maps the model's inputs to [z, *crossing], or to z alone where nothing else crosses; h maps those
        to the model's outputs. h takes z in float32 where the layer works in half precision.

    Raises:
        ValueError: the model is not functional, the layer does not exist, is an input, is called more than once or has
            several outputs, or an output of the model does not depend on it.
    """
    if isinstance(model, keras.Sequential) and model.built:
        model = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    if not hasattr(model, "_nodes_by_depth"):
        raise ValueError(f"model {model.name!r} is a {type(model).__name__}, expected a built functional model")
    nodes = nodes_in_order(model)
    z = _find_z(model, nodes, layer)

    head_nodes, crossing = _after(model, nodes, z, layer)
    dtype = "float32" if z.dtype in HALF_PRECISION else z.dtype
    head_inputs = [keras.Input(batch_shape=z.shape, dtype=dtype, name=layer)]
    head_inputs += [
        keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=f"crossing_{index}")
        for index, tensor in enumerate(crossing.values())
    ]
    tensors = _called_anew(head_nodes, dict(zip([id(z), *crossing], head_inputs, strict=True)))
    outputs = keras.tree.map_structure(lambda tensor: tensors[id(tensor)], model.output)

    g = keras.Model(model.input, [z, *crossing.values()], name=f"{model.name}_g")
    h = keras.Model(head_inputs, outputs, name=f"{model.name}_h")
    return g, h
