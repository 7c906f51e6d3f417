"""A network that takes no steps, in the words of a DL-Net: whoever is given one or the other asks both alike."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from dlnet_tf.degradations.parameter import Parameter
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood.model import DLNet
from dlnet_tf.likelihood.update import Update
from dlnet_tf.tensors import Tensor


class PlainNetwork:
    """A network that answers at once, all of which is its g; attributes and methods are those of `DLNet`.

    Args:
        network: a functional model.
    """

    parameters: tuple[Parameter, ...] = ()
    start: None = None
    layer: str | None = None
    task: str | None = None
    # Moves nothing.
    update = Update()

    def __init__(self, network: keras.Model) -> None:
        self.name = network.name
        self.backbone = self.g = network

    def input_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of all that a call may be given, by name."""
        return {tensor.name: tensor.shape for tensor in self.backbone.inputs}

    def signatures(self) -> dict[str, dict[str, keras.KerasTensor]]:
        """Describe the inputs of `serving_default` by name."""
        return {"serving_default": {tensor.name: tensor for tensor in self.backbone.inputs}}

    def pick(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return those of some inputs that the network takes: it sees no parameters of the degradation."""
        names = self.input_shapes()
        if missing := names.keys() - inputs.keys():
            raise UsageError(f"{self.name}: found inputs {sorted(inputs)}, expected {sorted(missing)} too")
        return {name: inputs[name] for name in names}

    def restore_with_fidelity(self, inputs: Mapping[str, Tensor]) -> tuple[Tensor, None]:
        """Restore; there is no fidelity."""
        return self.backbone(inputs, training=False), None


def described(model: keras.Model) -> DLNet | PlainNetwork:
    """Return a DL-Net as it is, and any other model in the words of one."""
    return model if isinstance(model, DLNet) else PlainNetwork(model)
