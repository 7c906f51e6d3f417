"""A trained model as a function of arrays."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf.likelihood import DLNet


class Restorer:
    """Calls a model in graph mode, traced once for all image sizes.

    Args:
        model: a backbone, which sees the degraded image alone, or a DL-Net, which also takes its parameters.
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self._likelihood = isinstance(model, DLNet)
        # XLA is slower than the graph on a CPU.
        self._restore = tf.function(self._call, autograph=False, reduce_retracing=True, jit_compile=False)

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
        if not self._likelihood:
            return self._restore(inputs).numpy(), None
        restored, fidelity = self._restore(inputs)
        return restored.numpy(), fidelity.numpy()
