"""What a DL-Net takes, by name, as export and callers want to know it."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from dlnet_tf.degradations import Degradation
from dlnet_tf.errors import UsageError
from dlnet_tf.tensors import Tensor


def input_names(backbone: keras.Model) -> list[str]:
    """Return the keys of what a backbone takes, in its order; one with a single input takes `degraded` there."""
    names = [tensor.name for tensor in backbone.inputs]
    return names if len(names) > 1 else ["degraded"]


def check_names(name: str, backbone: keras.Model, inputs: Mapping[str, Tensor]) -> None:
    """Refuse inputs of a DL-Net among which one of its backbone is missing.

    Args:
        name: of the DL-Net.
        backbone: a functional model.
        inputs: of the DL-Net by name.
    """
    missing = {"degraded", *input_names(backbone)} - inputs.keys()
    if missing:
        raise UsageError(f"{name}: found inputs {sorted(inputs)}, expected {sorted(missing)} too")


def input_signature(backbone: keras.Model, degradation: Degradation) -> dict[str, keras.InputSpec]:
    """Describe the inputs of a DL-Net by name; sizes that may vary are None.

    Args:
        backbone: a functional model.
        degradation: W of Eq. (1).
    """
    shapes = {name: tensor.shape for name, tensor in zip(input_names(backbone), backbone.inputs, strict=True)}
    default = degradation.parameters[0]
    shapes.setdefault(default.name, default.shape)
    return {
        name: keras.InputSpec(shape=(None, *shape[1:]), dtype="float32", name=name) for name, shape in shapes.items()
    }


def signatures(backbone: keras.Model, degradation: Degradation) -> dict[str, dict[str, keras.InputSpec]]:
    """Describe the inputs of `serving_default`, as above, and with each other parameter that the degradation takes.

    Args:
        backbone: a functional model.
        degradation: W of Eq. (1).

    Returns:
        Inputs by name, by the name of the signature: that of the other parameter. A backbone that takes a parameter
        itself has no others.
    """
    default = input_signature(backbone, degradation)
    found = {"serving_default": default}
    names = degradation.parameter_names
    taken = {tensor.name for tensor in backbone.inputs}
    for parameter in degradation.parameters[1:]:
        # A backbone that looks at the parameter itself cannot do without it.
        if len(taken) > 1 and taken & set(names):
            continue
        other = {key: spec for key, spec in default.items() if key not in names}
        spec = keras.InputSpec(shape=parameter.shape, dtype="float32", name=parameter.name)
        found[parameter.name] = other | {parameter.name: spec}
    return found
