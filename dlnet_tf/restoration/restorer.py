"""A trained model as a function of arrays."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf.errors import UsageError
from dlnet_tf.graph_mode import in_graph_mode
from dlnet_tf.likelihood.plain_network import described
from dlnet_tf.restoration.model_inputs import ModelInputs, reason
from dlnet_tf.restoration.noise_use import takes_noise, undoes
from dlnet_tf.tensors import Tensor


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
        self._inputs = ModelInputs(model)
        self._restore = in_graph_mode(functools.partial(model, training=False))
        self._restore_with_fidelity = in_graph_mode(described(model).restore_with_fidelity)
        self.takes_noise, self.undoes = takes_noise(model), undoes(model)

    def __call__(
        self,
        degraded: np.ndarray,
        blur_width: np.ndarray | None = None,
        noise_sigma: np.ndarray | None = None,
        **parameters: np.ndarray,
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
        **parameters: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Restore a batch, and return the fidelity [K, B] of a DL-Net too (None for a backbone)."""
        inputs = {"degraded": degraded, "blur_width": blur_width, "noise_sigma": noise_sigma, **parameters}
        restored, fidelity = self._run(self._restore_with_fidelity, inputs)
        return self._finite(restored.numpy()), None if fidelity is None else fidelity.numpy()

    def _run(self, function: tf.function, given: Mapping[str, np.ndarray | None]) -> Tensor:
        inputs = self._inputs.tensors(given)
        specs = {name: self._inputs.spec(name, value) for name, value in inputs.items()}
        # A configuration that was tampered with can make a model that is loaded and fails only here, in Python while it
        # is traced, or in an operation while it runs. All other errors are mistakes of ours and keep their traceback.
        try:
            trace = _traced(function, specs, inputs)
        except UsageError as error:
            raise UsageError(reason(error)) from error
        except Exception as error:  # Keras raises whatever a layer meets in its configuration
            raise self._inputs.refusal(inputs, error) from error
        try:
            return trace(inputs)
        except tf.errors.InvalidArgumentError as error:
            raise self._inputs.refusal(inputs, error) from error

    def _finite(self, restored: np.ndarray) -> np.ndarray:
        if not np.isfinite(restored).all():
            raise UsageError(
                f"{self.model.name}: found restored values that are not finite; try fewer --num_steps, a smaller "
                "--step_size or --precision=float32"
            )
        return restored


def _traced(function: tf.function, specs: Mapping[str, tf.TensorSpec], inputs: Mapping[str, tf.Tensor]) -> tf.function:
    """Trace for images of all sizes; for those of one where a layer asks for them, as bilinear upsampling does."""
    try:
        return function.get_concrete_function(specs)
    except tf.errors.OperatorNotAllowedInGraphError:
        return function.get_concrete_function(dict(inputs))
