"""What a DL-Net takes, by name, as export and callers want to know it."""

from __future__ import annotations

import keras

from dlnet_tf.degradations import Degradation


def input_signature(backbone: keras.Model, degradation: Degradation) -> dict[str, keras.InputSpec]:
    """Describe the inputs of a DL-Net by name; sizes that may vary are None.

    Args:
        backbone: a functional model.
        degradation: W of Eq. (1).
    """
    shapes = {tensor.name: tensor.shape for tensor in backbone.inputs}
    if len(shapes) == 1:
        shapes = {"degraded": backbone.inputs[0].shape}
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
