"""A trained model as a function of arrays."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf.likelihood import DLNet
from dlnet_tf.models import backbone_of


class Restorer:
    """Calls a model in graph mode, traced once for all image sizes.

    Args:
        model: a backbone, which sees the degraded image alone, or a DL-Net, which also takes its parameters.
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self._likelihood = isinstance(model, DLNet)
        # XLA is slower than the graph on a CPU.
        self._restore = tf.function(self._call, autograph=False, jit_compile=False)
        self._shapes = {tensor.name: tensor.shape for tensor in backbone_of(model).inputs}

    def _call(self, inputs: dict[str, tf.Tensor]) -> Any:
        if self._likelihood:
            return self.model.restore_with_fidelity(inputs)
        return self.model(inputs, training=False)

    def __call__(self, degraded: np.ndarray, blur_width: np.ndarray | None = None, **parameters: Any) -> np.ndarray:
        """Restore a batch.

        Args:
            degraded: y, [B, h, w, C], in [0, 1].
            blur_width: u, [B], in restored pixels, for super-resolution.
            **parameters: what else the degradation takes: `kernel` [B, k, k], `mask` [B, H, W, 1], `noise_sigma` [B].

        Returns:
            [B, H, W, C] float32, not clipped.
        """
        return self.with_fidelity(degraded, blur_width, **parameters)[0]

    def with_fidelity(
        self, degraded: np.ndarray, blur_width: np.ndarray | None = None, **parameters: Any
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Restore a batch, and return the fidelity [K, B] of a DL-Net too (None for a backbone)."""
        inputs = {"degraded": degraded}
        if self._likelihood:
            inputs |= parameters if blur_width is None else {"blur_width": blur_width, **parameters}
        inputs = {name: tf.convert_to_tensor(value, tf.float32) for name, value in inputs.items()}
        specs = {name: self._spec(name, value) for name, value in inputs.items()}
        result = self._restore.get_concrete_function(specs)(inputs)
        if not self._likelihood:
            return result.numpy(), None
        restored, fidelity = result
        return restored.numpy(), fidelity.numpy()

    def _spec(self, name: str, value: tf.Tensor) -> tf.TensorSpec:
        """Leave open what may vary from call to call: the batch, and of images the height and width."""
        tail = (None, None, value.shape[-1]) if len(value.shape) == 4 else value.shape[1:]
        return tf.TensorSpec(self._shapes.get(name, (None, *tail)), tf.float32)
