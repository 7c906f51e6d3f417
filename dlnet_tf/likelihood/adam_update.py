"""The paper's rule: Adam on z."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from dlnet_tf.likelihood.update import State, Update
from dlnet_tf.tensors import Tensor

# Of the authors' code, for their fidelity.
FLOOR = 1e-8


@keras.saving.register_keras_serializable("dlnet_tf")
class AdamUpdate(Update):
    """Adam on z, Eq. (5) of arXiv:1904.09105v4: -gamma m_hat / sqrt(max(v_hat, floor^2)).

    Below the floor a step is in proportion to the gradient; a tiny one has a huge derivative there, so that training
    learns from noise. The authors' 1e-8 is for half the mean of the fidelity over observed pixels and batch; for the
    sum of `DLNetLayer` that is theirs times 2 x batch x pixels, 8e-3 for their 100 images of 64 x 64.

    Args:
        step_size: gamma, > 0 in units of z; 1e-3 in the paper, 1e-2 for interpolation.
        bias_correction: "standard", m_hat = m / (1 - beta_1^k) as in Adam and in the authors' code; or "printed",
            m / (1 - beta_1) as Eq. (5) stands.
        beta_1: decay of the mean of the gradient, in [0, 1).
        beta_2: decay of the mean of its square, in [0, 1).
        floor: > 0, in units of the fidelity's gradient with respect to z.

    Raises:
        ValueError: another bias correction, or another floor.
    """

    elementwise = True
    given = ("step_size", "floor")

    def __init__(
        self,
        step_size: float = 1e-3,
        bias_correction: str = "standard",
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        floor: float = FLOOR,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if bias_correction not in ("standard", "printed"):
            raise ValueError(f'bias_correction is {bias_correction!r}, expected "standard" or "printed"')
        if not 0 < floor < float("inf"):
            raise ValueError(f"floor is {floor!r}, expected a number > 0")
        self.step_size = step_size
        self.bias_correction = bias_correction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.floor = floor
        self.scale_free = floor <= FLOOR

    def step(self, index: int, gradient: Tensor, state: State) -> tuple[Tensor, State]:
        """Compute one change of z; the state is (m / (1 - beta_1), v / (1 - beta_2))."""
        mean, square = gradient, ops.square(gradient)
        if state is not None:
            mean, square = mean + self.beta_1 * state[0], square + self.beta_2 * state[1]
        power = index + 1 if self.bias_correction == "standard" else 1
        # The moments go without their factors 1 - beta, which two numbers make up for here: passes over z saved.
        square_scale = (1 - self.beta_2**power) / (1 - self.beta_2)
        size = self.step_size * (1 - self.beta_1) / (1 - self.beta_1**power) * square_scale**0.5
        corrected = ops.maximum(square, self.floor**2 * square_scale)
        return -size * mean * ops.rsqrt(corrected), (mean, square)

    def describe(self) -> str:
        """Name the rule in reports."""
        return f"Adam, gamma = {self.step_size:g}, floor = {self.floor:g}"

    def is_rounding(self, difference: np.ndarray, in_float64: bool = True) -> bool:
        """Allow for a first step that is a sign: 99 % of the pixels may differ by 0.035 gamma, all by 1 / 255."""
        within = np.mean(difference <= 0.035 * self.step_size)
        return super().is_rounding(difference, in_float64) or bool(difference.max() <= 1 / 255 and within >= 0.99)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {
            "step_size": self.step_size,
            "bias_correction": self.bias_correction,
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "floor": self.floor,
        }
