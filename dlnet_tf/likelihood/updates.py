"""Rules that move z along the gradient of the fidelity."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from dlnet_tf.degradations import Degradation, LinearOperator
from dlnet_tf.degradations.noise import EIGHT_BITS
from dlnet_tf.likelihood.damping import Damping, is_damping

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

    def whiten(self, index: int, residual: Any, operator: LinearOperator, sigma: Any) -> Any:
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


@keras.saving.register_keras_serializable("dlnet_tf")
class GradientUpdate(Update):
    """z <- z - a_{k,c} grad: a step size for every update k and channel c of z, learned with the network.

    Adam's first step is a sign and forgets how large the residual is; this one does not. A learned weight is the factor
    on a common base, so that its learning rate does not depend on the scale of z. Beyond the trained number of updates
    the last row repeats.

    A damped step whitens the residual, grad = 2 J^T W^T (W W^T + d_k + c_k sigma^2 (W W^T)^(-1/2))^-1 (W h(z) - y):
    along directions that W nearly loses plain gradient descent would need thousands of steps.

    Args:
        step_size: base and start of every a_{k,c}, > 0; None leaves it to the calibration of `DLNet`: 1 / (2 lambda),
            half of what is stable, where lambda is the largest eigenvalue of J^T W^T W J and J = dh/dz, damped where
            the step is.
        damping: start of every d_k, > 0, as a share of the largest eigenvalue of W W^T; "auto" for what the degradation
            asks for; None for a plain step.

    Raises:
        ValueError: another damping.
    """

    calibrated = True

    def __init__(self, step_size: float | None = None, damping: float | str | None = "auto", **kwargs: Any) -> None:
        # One name in every process and session: a run is resumed by the names of its variables.
        super().__init__(**{"name": "gradient_update"} | kwargs)
        if damping != "auto" and not is_damping(damping):
            raise ValueError(f'damping is {damping!r}, expected a number > 0, None or "auto"')
        self.step_size = step_size
        self.damping = damping

    def attach(self, degradation: Degradation) -> None:
        """Take the degradation's damping where it was left to it, and the gain that it is a share of."""
        if self.damping == "auto":
            self.damping = degradation.damping
        self.gain = degradation.gain

    def build(self, input_shape: tuple[int, int]) -> None:
        """Create the base and a factor for each (update, channel), and the dampings where there are any."""
        updates, channels = input_shape
        # With K = 1 nothing moves z; a row is kept, at rest, for a larger K at inference.
        self.factors = self.add_weight(
            name="factors", shape=(max(updates, 1), channels), initializer="ones", trainable=updates > 0
        )
        self.base = self.add_weight(
            name="base",
            shape=(),
            initializer=keras.initializers.Constant(self.step_size or 0.0),
            trainable=False,
        )
        self.dampings = None
        if self.damping is not None:
            self.dampings = Damping(float(self.damping), trainable=updates > 0)
            self.dampings.build(max(updates, 1))

    def whiten(self, index: int, residual: Any, operator: LinearOperator, sigma: Any) -> Any:
        """Return (W W^T + d_k + ..)^-1 of the residual, or the residual itself where the step is not damped."""
        if self.dampings is None:
            return residual
        return operator.solve(residual, *self.dampings.values(index, EIGHT_BITS if sigma is None else sigma, self.gain))

    def step(self, index: int, gradient: Any, state: Any) -> tuple[Any, Any]:
        """Compute one change of z; there is no state. Raises ValueError before a step size is set."""
        if self.step_size is None:
            raise ValueError("GradientUpdate has no step size: give one, or let DLNet calibrate it")
        row = min(index, self.factors.shape[0] - 1)
        return -ops.cast(self.base * self.factors[row], gradient.dtype) * gradient, None

    @property
    def step_sizes(self) -> Any:
        """The step sizes a_{k,c}, [updates, channels]."""
        return self.base * self.factors

    def describe(self) -> str:
        """Name the rule in reports."""
        return "gradient steps"

    def curves(self) -> dict[str, float]:
        """Return the mean step size of each update."""
        sizes = np.asarray(self.step_sizes).mean(axis=1)
        return {f"step_size/update{k}": float(size) for k, size in enumerate(sizes)}

    def rebase(self, step_size: float) -> None:
        """Set the base; what was learned on top of it stays."""
        self.step_size = step_size
        self.base.assign(step_size)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"step_size": self.step_size, "damping": self.damping}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> GradientUpdate:
        """Rebuild from what `get_config` returns; a rule that was saved before there were dampings has none."""
        return cls(**{"damping": None} | config)
