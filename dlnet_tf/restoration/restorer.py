"""A trained model as a function of arrays."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf.errors import UsageError
from dlnet_tf.keras_models import backbone_of, pick_inputs
from dlnet_tf.likelihood import DLNet


class Restorer:
    """Calls a model in graph mode, traced once for all image sizes.

    Args:
        model: a DL-Net, or a backbone, which is given what its inputs name: mostly the degraded image alone.

    Attributes:
        takes_noise: whether `noise_sigma` changes what is restored.
        undoes: whether even that of rounding does, as by a start, damped steps or an input of the network.
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self._likelihood = isinstance(model, DLNet)
        # XLA is slower than the graph on a CPU.
        graph = functools.partial(tf.function, autograph=False, jit_compile=False)
        self._restore = graph(functools.partial(model, training=False))
        self._restore_with_fidelity = graph(model.restore_with_fidelity) if self._likelihood else None
        self._shapes = {tensor.name: tensor.shape for tensor in backbone_of(model).inputs}
        self.undoes = "noise_sigma" in self._shapes
        self.takes_noise = takes_noise(model)
        if isinstance(model, DLNet):
            self.undoes |= model.start is not None or model.update.damping is not None
        self._expected = _signature(model) if isinstance(model, DLNet) else self._shapes

    def __call__(
        self,
        degraded: np.ndarray,
        blur_width: np.ndarray | None = None,
        noise_sigma: np.ndarray | None = None,
        **parameters: Any,
    ) -> np.ndarray:
        """Restore a batch.

        Args:
            degraded: y, [B, h, w, C], in [0, 1].
            blur_width: u, [B], in restored pixels, for super-resolution.
            noise_sigma: standard deviation of the noise on y, [B]; a plain network does not look at it.
            **parameters: what else the degradation or the backbone takes: `kernel` [B, k, k], `mask` [B, H, W, 1],
                `edges` [B, H, W, 1].

        Returns:
            [B, H, W, C] float32, not clipped.

        Raises:
            UsageError: a restored value is not finite: the steps were too large; or the model does not take the inputs.
        """
        inputs = {"degraded": degraded, "blur_width": blur_width, "noise_sigma": noise_sigma, **parameters}
        return self._finite(self._run(self._restore, inputs).numpy())

    def with_fidelity(
        self,
        degraded: np.ndarray,
        blur_width: np.ndarray | None = None,
        noise_sigma: np.ndarray | None = None,
        **parameters: Any,
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Restore a batch, and return the fidelity [K, B] of a DL-Net too (None for a backbone)."""
        if not self._restore_with_fidelity:
            return self(degraded, blur_width, noise_sigma, **parameters), None
        inputs = {"degraded": degraded, "blur_width": blur_width, "noise_sigma": noise_sigma, **parameters}
        restored, fidelity = self._run(self._restore_with_fidelity, inputs)
        return self._finite(restored.numpy()), fidelity.numpy()

    def _run(self, function: Any, inputs: Mapping[str, Any]) -> Any:
        inputs = {name: value for name, value in inputs.items() if value is not None}
        if not self._likelihood:
            missing = self._shapes.keys() - inputs.keys()
            if missing:
                raise UsageError(f"{self.model.name}: found inputs {sorted(inputs)}, expected {sorted(missing)} too")
            inputs = pick_inputs(self.model, inputs)
        inputs = {name: self._tensor(name, value) for name, value in inputs.items()}
        batches = {name: value.shape[0] for name, value in inputs.items()}
        if len(set(batches.values())) > 1:
            found = ", ".join(f"{name} {size}" for name, size in batches.items())
            raise UsageError(f"{self.model.name}: found batches of {found}, expected one size")
        specs = {name: self._spec(name, value) for name, value in inputs.items()}
        # A configuration that was tampered with can make a model that is loaded and fails only here, in Python while it
        # is traced, or in an operation while it runs. All other errors are mistakes of ours and keep their traceback.
        try:
            trace = function.get_concrete_function(specs)
        except UsageError as error:
            raise UsageError(_reason(error)) from error
        except Exception as error:  # Keras raises whatever a layer meets in its configuration
            raise self._refusal(inputs, error) from error
        try:
            return trace(inputs)
        except tf.errors.InvalidArgumentError as error:
            raise self._refusal(inputs, error) from error

    def _tensor(self, name: str, value: Any) -> tf.Tensor:
        """Return an argument as float32, or say what is wrong with it."""
        try:
            tensor = tf.cast(value, tf.float32) if tf.is_tensor(value) else tf.convert_to_tensor(value, tf.float32)
        except (TypeError, ValueError):
            found = f"{getattr(value, 'dtype', type(value).__name__)}"
            raise UsageError(f"{self.model.name}: found {name} of {found}, expected an array of numbers") from None
        expected = tf.TensorShape(self._expected.get(name))
        if not expected.is_compatible_with(tensor.shape) or not tensor.shape.rank:
            wanted = "[batch, ..]" if expected.rank is None else _in_words(expected)
            raise UsageError(f"{self.model.name}: found {name} of shape {list(tensor.shape)}, expected {wanted}")
        return tensor

    def _refusal(self, inputs: Mapping[str, tf.Tensor], error: Exception) -> UsageError:
        found = ", ".join(f"{name} {list(value.shape)}" for name, value in inputs.items())
        return UsageError(f"{self.model.name}: cannot restore {found} ({_reason(error)[:200]})")

    def _finite(self, restored: np.ndarray) -> np.ndarray:
        if not np.isfinite(restored).all():
            raise UsageError(
                f"{self.model.name}: found restored values that are not finite; try fewer --num_steps, a smaller "
                "--step_size or --precision=float32"
            )
        return restored

    def _spec(self, name: str, value: tf.Tensor) -> tf.TensorSpec:
        """Leave open what may vary from call to call: the batch, and of images the height and width."""
        tail = (None, None, value.shape[-1]) if len(value.shape) == 4 else value.shape[1:]
        return tf.TensorSpec(self._shapes.get(name, (None, *tail)), tf.float32)


def takes_noise(model: keras.Model) -> bool:
    """Tell whether `noise_sigma` changes what a model restores; to Adam alone a factor on the fidelity is nothing."""
    if "noise_sigma" in {tensor.name for tensor in backbone_of(model).inputs}:
        return True
    if not isinstance(model, DLNet):
        return False
    return model.start is not None or model.likelihood.prior is not None or not model.update.scale_free


def _signature(model: DLNet) -> dict[str, Any]:
    """Return the shapes of all that a DL-Net may be given, None where they are open."""
    shapes = {name: spec.shape for name, spec in model.input_signature().items()}
    of_degradation = {parameter.name: parameter.shape for parameter in model.degradation.parameters}
    return {"noise_sigma": (None,), **of_degradation, **shapes}


def _in_words(shape: tf.TensorShape) -> str:
    return str(["any" if size is None else size for size in shape]).replace("'", "")


def _reason(error: Exception) -> str:
    """Return what an error says, in one line and without what Keras puts about it."""
    text = str(error)
    told = re.search("\x1b\\[1m(.*?)\x1b\\[0m", text, re.DOTALL)
    return " ".join((told[1] if told else text).split())
