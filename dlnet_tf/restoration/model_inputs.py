"""What a model is given: tensors of the shapes that it takes, or a refusal in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping

import keras
import tensorflow as tf

from dlnet_tf.errors import UsageError, one_line
from dlnet_tf.likelihood.plain_network import described
from dlnet_tf.tensors import Tensor


class ModelInputs:
    """What a model takes, by name.

    Args:
        model: a DL-Net, or a backbone, which is given what its inputs name.
    """

    def __init__(self, model: keras.Model) -> None:
        self._network = described(model)
        self._of_backbone = {tensor.name: tensor.shape for tensor in self._network.backbone.inputs}
        self._expected = self._network.input_shapes()

    def tensors(self, given: Mapping[str, Tensor]) -> dict[str, tf.Tensor]:
        """Return arguments as float32 tensors of one batch size; None stands for one that is not given.

        Raises:
            UsageError: one is missing, is no array of numbers or has another shape.
        """
        given = {name: value for name, value in given.items() if value is not None}
        tensors = {name: self._tensor(name, value) for name, value in self._network.pick(given).items()}
        batches = {name: value.shape[0] for name, value in tensors.items()}
        if len(set(batches.values())) > 1:
            found = ", ".join(f"{name} {size}" for name, size in batches.items())
            raise UsageError(f"{self._network.name}: found batches of {found}, expected one size")
        return tensors

    def spec(self, name: str, value: tf.Tensor) -> tf.TensorSpec:
        """Leave open what may vary from call to call: the batch, and of images the height and width."""
        tail = (None, None, value.shape[-1]) if len(value.shape) == 4 else value.shape[1:]
        return tf.TensorSpec(self._of_backbone.get(name, (None, *tail)), tf.float32)

    def refusal(self, tensors: Mapping[str, tf.Tensor], error: Exception) -> UsageError:
        """Return what is said where a model that was loaded cannot be run."""
        found = ", ".join(f"{name} {list(value.shape)}" for name, value in tensors.items())
        return UsageError(f"{self._network.name}: cannot restore {found} ({reason(error)[:200]})")

    def _tensor(self, name: str, value: Tensor) -> tf.Tensor:
        try:
            tensor = tf.cast(value, tf.float32) if tf.is_tensor(value) else tf.convert_to_tensor(value, tf.float32)
        except (TypeError, ValueError):
            found = f"{getattr(value, 'dtype', type(value).__name__)}"
            raise UsageError(f"{self._network.name}: found {name} of {found}, expected an array of numbers") from None
        expected = tf.TensorShape(self._expected.get(name))
        if not expected.is_compatible_with(tensor.shape) or not tensor.shape.rank:
            wanted = "[batch, ..]" if expected.rank is None else _in_words(expected)
            raise UsageError(f"{self._network.name}: found {name} of shape {list(tensor.shape)}, expected {wanted}")
        return tensor


def reason(error: Exception) -> str:
    """Return what an error says, in one line and without what Keras puts about it."""
    text = str(error)
    told = re.search("\x1b\\[1m(.*?)\x1b\\[0m", text, re.DOTALL)
    return one_line(told[1] if told else text)


def _in_words(shape: tf.TensorShape) -> str:
    return str(["any" if size is None else size for size in shape]).replace("'", "")
