"""How far W is undone: the learned damping of (W W^T + damping)^-1."""

from __future__ import annotations

import math
import numbers
from typing import Any

import keras
from keras import ops

from dlnet_tf.likelihood.rows import assign_rows
from dlnet_tf.tensors import Tensor

# c of c sigma^2 (W W^T)^(-1/2) before it is learned.
NOISE_FACTOR = math.exp(4)


def is_damping(value: object) -> bool:
    """Tell whether a value is a number > 0, or None."""
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return value is None or (number and 0 < float(value) < math.inf)  # type: ignore[arg-type]


@keras.saving.register_keras_serializable("dlnet_tf")
class Damping(keras.layers.Layer):
    """Dampings d_k + c_k sigma^2 (W W^T)^(-1/2), one for each use k, learned by their logarithms.

    They are shares of the largest eigenvalue of W W^T. Noise hides what W passes on weakly first; so its part grows as
    the eigenvalue falls.

    Args:
        start: d_k before it is learned, > 0.
        noise: c_k before it is learned, > 0, for sigma on the scale of y in [0, 1].
    """

    def __init__(self, start: float, noise: float = NOISE_FACTOR, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", "autocast": False, "name": "damping"} | kwargs)
        self.start = start
        self.noise = noise

    def build(self, uses: int) -> None:
        """Create the variables of so many uses."""
        shape = (uses,)
        self.log_damping = self.add_weight(name="log_damping", shape=shape, initializer="zeros")
        self.log_noise = self.add_weight(name="log_noise", shape=shape, initializer="zeros")

    def values(self, use: int, sigma: Tensor, gain: float) -> tuple[Tensor, Tensor]:
        """Return what `LinearOperator.solve` takes for one use; those beyond the last are like it.

        Args:
            use: 0 for the first.
            sigma: standard deviation of the noise on y, [B] or a number >= 0.
            gain: largest eigenvalue of W W^T.

        Returns:
            (damping, noise), both [1] or [B].
        """
        row = min(use, self.log_damping.shape[0] - 1)
        damping = gain * self.start * ops.exp(self.log_damping[row])
        noise = gain**1.5 * self.noise * ops.exp(self.log_noise[row]) * ops.square(ops.cast(sigma, "float32"))
        return ops.reshape(damping, (1,)), ops.reshape(noise, (-1,))

    def take_over(self, other: Damping) -> None:
        """Take the dampings that another one has learned; the last one's repeat."""
        # They are learned as logarithms of factors on where they start.
        shifts = math.log(other.start / self.start), math.log(other.noise / self.noise)
        assign_rows(self.log_damping, ops.convert_to_numpy(other.log_damping) + shifts[0])
        assign_rows(self.log_noise, ops.convert_to_numpy(other.log_noise) + shifts[1])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"name": self.name, "start": self.start, "noise": self.noise}
