"""Gradient steps of learned size, damped where the degradation asks for it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from dlnet_tf.degradations import Degradation, LinearOperator
from dlnet_tf.likelihood.damping import Damping, is_damping
from dlnet_tf.likelihood.rows import assign_rows
from dlnet_tf.likelihood.update import State, Update
from dlnet_tf.rounding import EIGHT_BITS
from dlnet_tf.tensors import Tensor


@keras.saving.register_keras_serializable("dlnet_tf")
class GradientUpdate(Update):
    """z <- z - a_{k,c} grad: a step size for every update k and channel c of z, learned with the network.

    Adam's first step is a sign and forgets how large the residual is; this one does not. A learned weight is the factor
    on a common base, so that its learning rate does not depend on the scale of z. Beyond the trained number of updates
    the last row repeats.

    A damped step whitens the residual, grad = 2 J^T W^T (W W^T + d_k + c_k sigma^2 (W W^T)^(-1/2))^-1 (W h(z) - y):
    along directions that W nearly loses plain gradient descent would need thousands of steps.

        >>> from dlnet_tf import DLNet, backbones, degradations
        >>> from dlnet_tf.likelihood import GradientUpdate
        >>> network, blur = backbones.idn(scale=3), degradations.BlurDownsample(3)
        >>> model = DLNet(network, blur, num_steps=5, update=GradientUpdate(step_size=0.5))
        >>> tuple(model.update.step_sizes.shape), model.update.damping
        ((4, 64), 1e-07)

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
        rows, learned = max(updates, 1), updates > 0
        self.factors = self.add_weight(name="factors", shape=(rows, channels), initializer="ones", trainable=learned)
        start = keras.initializers.Constant(self.step_size or 0.0)
        self.base = self.add_weight(name="base", shape=(), initializer=start, trainable=False)
        self.dampings = None
        if self.damping is not None:
            self.dampings = Damping(float(self.damping), trainable=learned)
            self.dampings.build(rows)

    def whiten(self, index: int, residual: Tensor, operator: LinearOperator, sigma: Tensor) -> Tensor:
        """Return (W W^T + d_k + ..)^-1 of the residual, or the residual itself where the step is not damped."""
        if self.dampings is None:
            return residual
        return operator.solve(residual, *self.dampings.values(index, EIGHT_BITS if sigma is None else sigma, self.gain))

    def step(self, index: int, gradient: Tensor, state: State) -> tuple[Tensor, State]:
        """Compute one change of z; there is no state. Raises ValueError before a step size is set."""
        if self.step_size is None:
            raise ValueError("GradientUpdate has no step size: give one, or let DLNet calibrate it")
        row = min(index, self.factors.shape[0] - 1)
        return -ops.cast(self.base * self.factors[row], gradient.dtype) * gradient, None

    @property
    def step_sizes(self) -> Tensor:
        """The step sizes a_{k,c}, [updates, channels]."""
        return self.base * self.factors

    def describe(self) -> str:
        """Name the rule in reports."""
        return "gradient steps"

    def curves(self) -> dict[str, float]:
        """Return the mean step size of each update."""
        sizes = np.asarray(self.step_sizes).mean(axis=1)
        return {f"step_size/update{k}": float(size) for k, size in enumerate(sizes)}

    @property
    def has_base(self) -> bool:
        """Whether a step size was given or calibrated."""
        return self.step_size is not None

    def rebase(self, step_size: float) -> None:
        """Set the base; what was learned on top of it stays."""
        self.step_size = step_size
        self.base.assign(step_size)

    def take_over(self, other: Update) -> None:
        """Take what another `GradientUpdate` learned, if both or neither are damped: else sizes mean something else."""
        if not isinstance(other, GradientUpdate) or (self.dampings is None) != (other.dampings is None):
            return
        self.rebase(float(ops.convert_to_numpy(other.base)))
        assign_rows(self.factors, ops.convert_to_numpy(other.factors))
        if self.dampings is not None and other.dampings is not None:
            self.dampings.take_over(other.dampings)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"step_size": self.step_size, "damping": self.damping}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> GradientUpdate:
        """Rebuild from what `get_config` returns; a rule that was saved before there were dampings has none."""
        return cls(**{"damping": None} | config)
