"""A rule that moves z along the gradient of the fidelity, and the paper's: Adam."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from dlnet_tf.degradations import Degradation, LinearOperator
from dlnet_tf.tensors import Tensor

# Inside the root of Adam's denominator; below it a gradient of 1e-8 no longer counts as a direction.
FLOOR = 1e-16
# What can be promised of sums in another order, of images in [0, 1].
EXACT = 1e-5


class Update(keras.layers.Layer):
    """A rule that turns gradients with respect to z into changes of z, one a step.

    A rule is built once for (number of updates, channels of z) and is a pure function of what it is given, so that all
    K - 1 steps can be differentiated together.

    Attributes:
        elementwise: whether a step works element by element and has no variables; it is compiled in training then.
        scale_free: whether a factor on the gradient changes nothing.
        damping: of the residual, as a share of the largest eigenvalue of W W^T; None where it is not whitened.
        has_gamma: whether `step_size` is given, and may be changed at inference; one that is learned may not.
        calibrated: whether training from scratch sets the base of the steps anew as h changes.
    """

    elementwise = False
    scale_free = False
    damping: float | str | None = None
    has_gamma = False
    calibrated = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", "autocast": False} | kwargs)

    def attach(self, degradation: Degradation) -> None:
        """Settle what was left to the degradation; here nothing."""

    def whiten(self, index: int, residual: Tensor, operator: LinearOperator, sigma: Tensor) -> Tensor:
        """Weigh the residual before it goes back through W^T and h; here it stays.

        Args:
            index: 0 for the first update.
            residual: W h(z) - y, [B, h, w, C].
            operator: W.
            sigma: standard deviation of the noise on y, [B], or None where it is not known.

        Returns:
            [B, h, w, C].
        """
        return residual

    def step(self, index: int, gradient: Any, state: Any) -> tuple[Any, Any]:
        """Compute one change of z.

        Args:
            index: 0 for the first update.
            gradient: of the fidelity with respect to z, the shape of z.
            state: what the step before returned; None at the first.

        Returns:
            (change that is added to z, state for the next step).
        """
        raise NotImplementedError

    def describe(self) -> str:
        """Name the rule in reports."""
        return type(self).__name__

    def curves(self) -> dict[str, float]:
        """Return what was learned as numbers by name, for TensorBoard; here nothing."""
        return {}

    def is_rounding(self, difference: np.ndarray) -> bool:
        """Tell whether restored images may differ so for sums in another order alone: by `EXACT` at most.

        Args:
            difference: of images in [0, 1], not negative.
        """
        return bool(difference.max() <= EXACT)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"name": self.name}


@keras.saving.register_keras_serializable("dlnet_tf")
class AdamUpdate(Update):
    """Adam on z, Eq. (5) of arXiv:1904.09105v4: -gamma m_hat / sqrt(max(v_hat, 1e-16)).

    Args:
        step_size: gamma, > 0 in units of z; 1e-3 in the paper, 1e-2 for interpolation.
        bias_correction: "standard", m_hat = m / (1 - beta_1^k) as in Adam and in the authors' code; or "printed",
            m / (1 - beta_1) as Eq. (5) stands.
        beta_1: decay of the mean of the gradient, in [0, 1).
        beta_2: decay of the mean of its square, in [0, 1).

    Raises:
        ValueError: another bias correction.
    """

    elementwise = True
    scale_free = True
    has_gamma = True

    def __init__(
        self,
        step_size: float = 1e-3,
        bias_correction: str = "standard",
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if bias_correction not in ("standard", "printed"):
            raise ValueError(f'bias_correction is {bias_correction!r}, expected "standard" or "printed"')
        self.step_size = step_size
        self.bias_correction = bias_correction
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def step(self, index: int, gradient: Any, state: Any) -> tuple[Any, Any]:
        """Compute one change of z; the state is (m / (1 - beta_1), v / (1 - beta_2))."""
        mean, square = gradient, ops.square(gradient)
        if state is not None:
            mean, square = mean + self.beta_1 * state[0], square + self.beta_2 * state[1]
        power = index + 1 if self.bias_correction == "standard" else 1
        # The moments go without their factors 1 - beta, which two numbers make up for here: passes over z saved.
        square_scale = (1 - self.beta_2**power) / (1 - self.beta_2)
        size = self.step_size * (1 - self.beta_1) / (1 - self.beta_1**power) * square_scale**0.5
        corrected = ops.maximum(square, FLOOR * square_scale)
        return -size * mean * ops.rsqrt(corrected), (mean, square)

    def describe(self) -> str:
        """Name the rule in reports."""
        return f"Adam, gamma = {self.step_size:g}"

    def is_rounding(self, difference: np.ndarray) -> bool:
        """Allow for a first step that is a sign: 99 % of the pixels may differ by 0.035 gamma, all by 1 / 255."""
        within = np.mean(difference <= 0.035 * self.step_size)
        return super().is_rounding(difference) or bool(difference.max() <= 1 / 255 and within >= 0.99)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {
            "step_size": self.step_size,
            "bias_correction": self.bias_correction,
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
        }
