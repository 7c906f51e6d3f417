"""Models as LiteRT (`.tflite`) files of LiteRT's own operations, for one image of a fixed size at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from dlnet_tf import native_log
from dlnet_tf.degradations.portable import portable
from dlnet_tf.errors import UsageError, quoted
from dlnet_tf.keras_models import backbone_of, rebuilt
from dlnet_tf.saved_model import Signature, serving_module
from dlnet_tf.tensors import Tensor

# Height and width where a model leaves them open.
SIDE = 64


@keras.saving.register_keras_serializable("dlnet_tf")
class WrittenOutReLU(keras.layers.Layer):
    """max(x, 0) + slope min(x, 0) by a choice, whose gradient LiteRT has; it has none of TensorFlow's own.

    Args:
        slope: slope of the negative side.
    """

    def __init__(self, slope: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.slope = slope

    def call(self, inputs: Tensor) -> Tensor:
        """Map an array of any shape."""
        return ops.where(inputs > 0, inputs, self.slope * inputs)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"slope": self.slope}


def fixed(signature: Signature) -> dict[str, keras.InputSpec]:
    """Return the inputs of one image of 64 x 64 pixels where these leave the batch, the height or the width open."""
    shapes = {name: [SIDE if n is None else n for n in spec.shape[1:]] for name, spec in signature.items()}
    return {name: keras.InputSpec(shape=(1, *shape), dtype="float32", name=name) for name, shape in shapes.items()}


def convert(model: keras.Model, specs: Mapping[str, tf.TensorSpec]) -> bytes:
    """Convert a model for inference.

    Args:
        model: a backbone or a DL-Net.
        specs: inputs by name, of fixed shapes.

    Returns:
        Content of a `.tflite` file with the signature `serving_default`.

    Raises:
        UsageError: the model is in half precision or needs an operation that LiteRT does not have.
    """
    if any(part.compute_dtype != "float32" for part in backbone_of(model).layers):
        raise UsageError(f"{model.name}: found layers in half precision, expected --precision=float32 for LiteRT")
    module = serving_module(rebuilt(model, _clone))
    with portable():
        function = module.serve.get_concrete_function(specs)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], module)
    try:
        # A line for each operation.
        with native_log.silenced():
            return converter.convert()
    except Exception as error:  # the converter's own class of errors is not public
        missing = re.search(r"(?:Select|Custom) ops: (.*)", str(error))
        reason = missing[1] if missing else quoted(error)
        raise UsageError(f"{model.name}: cannot be converted to LiteRT, which lacks {reason}") from None


def _clone(layer: keras.layers.Layer) -> keras.layers.Layer:
    whole = not getattr(layer, "max_value", None) and not getattr(layer, "threshold", None)
    if isinstance(layer, (keras.layers.ReLU, keras.layers.LeakyReLU)) and whole:
        return WrittenOutReLU(float(layer.negative_slope), name=layer.name, dtype=layer.dtype_policy)
    return type(layer).from_config(layer.get_config())
