"""A model that takes its inputs by name: what they are, and its export."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from dlnet_tf.degradations import Degradation
from dlnet_tf.degradations.batches import for_batch
from dlnet_tf.degradations.parameter import Parameter
from dlnet_tf.errors import UsageError
from dlnet_tf.saved_model import Signature, export_folder
from dlnet_tf.tensors import Tensor


class NamedInputModel(keras.Model):
    """A backbone joined with a degradation, which takes the inputs of both in a dict.

    Args:
        backbone: a functional model. One with a single input takes `degraded` there.
        degradation: W of Eq. (1).
    """

    def __init__(self, backbone: keras.Model, degradation: Degradation, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.backbone = backbone
        self.degradation = degradation

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What the degradation may be told, exactly one of them."""
        return self.degradation.parameters

    @property
    def input_names(self) -> list[str]:
        """The keys of what the backbone takes, in its order."""
        names = [tensor.name for tensor in self.backbone.inputs]
        return names if len(names) > 1 else ["degraded"]

    def check_names(self, inputs: Mapping[str, Tensor]) -> None:
        """Refuse inputs that are not by name, or among which one of the backbone is missing."""
        if not isinstance(inputs, Mapping):
            names = ", ".join(self.input_signature())
            raise UsageError(f"{self.name}: found {type(inputs).__name__} as the input, expected a dict of {names}")
        missing = {"degraded", *self.input_names} - inputs.keys()
        if missing:
            raise UsageError(f"{self.name}: found inputs {sorted(inputs)}, expected {sorted(missing)} too")

    def check_shapes(self, inputs: Mapping[str, Tensor]) -> None:
        """Refuse images without four axes, and parameters whose shape does not fit them."""
        shape = ops.shape(inputs["degraded"])
        if len(shape) != 4:
            raise UsageError(f"degraded: found shape {list(shape)}, expected [batch, height, width, channels]")
        self.degradation.check(inputs, self.degradation.restored_size(shape))

    def for_images(self, x: object) -> object:
        """Repeat what a dict of arrays has once, [1, ...], for all its images, [B, ...]; leave any other x as it is."""
        if not isinstance(x, Mapping):
            return x
        self.check_names(x)
        count = len(x["degraded"])
        others = {name: value for name, value in x.items() if np.shape(value)[:1] != (count,)}
        return {**x, **for_batch(others, count)}

    def fit(
        self, x: object = None, *args: Any, validation_data: object = None, **kwargs: Any
    ) -> keras.callbacks.History:
        """Train as `keras.Model.fit` does; a parameter that is given once serves all images, also for validation."""
        if self.compiled and not self.optimizer.built and all(layer.built for layer in self._flatten_layers()):
            # Variables that are made in the first step would have TensorFlow trace it twice.
            with self.distribute_strategy.scope():
                self.optimizer.build(self.trainable_variables)
        if isinstance(validation_data, (list, tuple)):
            validation_data = (self.for_images(validation_data[0]), *validation_data[1:])
        return super().fit(self.for_images(x), *args, validation_data=validation_data, **kwargs)

    def evaluate(self, x: object = None, *args: Any, **kwargs: Any) -> Any:
        """Measure as `keras.Model.evaluate` does; a parameter that is given once serves all images."""
        return super().evaluate(self.for_images(x), *args, **kwargs)

    def predict(self, x: object, *args: Any, **kwargs: Any) -> np.ndarray:
        """Restore many images as `keras.Model.predict` does; a parameter that is given once serves all of them."""
        return super().predict(self.for_images(x), *args, **kwargs)

    def input_signature(self) -> dict[str, keras.InputSpec]:
        """Describe the inputs of a call by name; sizes that may vary are None."""
        shapes = {name: tensor.shape for name, tensor in zip(self.input_names, self.backbone.inputs, strict=True)}
        default = self.parameters[0]
        shapes.setdefault(default.name, default.shape)
        return {
            name: keras.InputSpec(shape=(None, *shape[1:]), dtype="float32", name=name)
            for name, shape in shapes.items()
        }

    def input_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of all that a call may be given, by name; sizes that may vary are None."""
        shapes = {parameter.name: parameter.shape for parameter in self.parameters}
        return {"noise_sigma": (None,)} | shapes | {name: spec.shape for name, spec in self.input_signature().items()}

    def pick(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return those of some inputs that a call takes: here all."""
        return dict(inputs)

    def signatures(self) -> dict[str, dict[str, keras.InputSpec]]:
        """Describe the inputs of `serving_default`, as above, and with each other parameter that the degradation takes.

        Returns:
            Inputs by name, by the name of the signature: that of the other parameter. A backbone that takes a parameter
            itself has no others.
        """
        default = self.input_signature()
        found = {"serving_default": default}
        names = self.degradation.parameter_names
        taken = {tensor.name for tensor in self.backbone.inputs}
        for parameter in self.parameters[1:]:
            # A backbone that looks at the parameter itself cannot do without it.
            if len(taken) > 1 and taken & set(names):
                continue
            other = {key: spec for key, spec in default.items() if key not in names}
            spec = keras.InputSpec(shape=parameter.shape, dtype="float32", name=parameter.name)
            found[parameter.name] = other | {parameter.name: spec}
        return found

    def export(
        self,
        filepath: str | pathlib.Path,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Signature | None = None,
        **kwargs: Any,
    ) -> None:
        """Export for inference, by default with named inputs of any batch and, where possible, size.

        Args:
            filepath: folder or file to write; as everywhere in Keras one of the same format is replaced.
            format: as in `keras.Model.export`; "tf_saved_model" is written as by `dlnet_tf.export`, unchecked.
            verbose: as there; nothing is said of a SavedModel.
            input_signature: inputs by name; by default those of `signatures()`.
            **kwargs: as there, for another format.
        """
        if format == "tf_saved_model":
            signatures = {"serving_default": input_signature} if input_signature else self.signatures()
            export_folder(self, pathlib.Path(filepath), signatures)
        else:
            signature = self.input_signature() if input_signature is None else input_signature
            super().export(filepath, format=format, verbose=verbose, input_signature=[signature], **kwargs)
