"""What every rule that moves z along the gradient of the fidelity has in common."""

from __future__ import annotations

from typing import Any, TypeAlias

import keras
import numpy as np

from dlnet_tf.degradations import Degradation, LinearOperator
from dlnet_tf.tensors import Tensor

# What can be promised of sums in another order, of images in [0, 1].
EXACT = 1e-5
# And where W is undone in float32, as LiteRT does: a quarter of a grey level.
UNDONE = 1e-3

State: TypeAlias = tuple[Tensor, ...] | None
"""What a rule remembers from one step to the next, if anything."""


class Update(keras.layers.Layer):
    """A rule that turns gradients with respect to z into changes of z, one a step.

    A rule is built once for (number of updates, channels of z) and is a pure function of what it is given, so that all
    K - 1 steps can be differentiated together.

    Attributes:
        elementwise: whether a step works element by element and has no variables; it is compiled in training then.
        scale_free: whether a factor on the gradient changes nothing.
        damping: how much the residual is damped, as a share of the largest eigenvalue of W W^T; None where it is not
            whitened.
        given: which arguments an experiment settles: `step_size`, which may be changed at inference, and `floor`. What
            is learned is not given.
        calibrated: whether `DLNet.calibrate` sets the base of the steps: at the beginning where there is none, and in
            training from scratch anew as h changes.
    """

    elementwise = False
    scale_free = False
    damping: float | str | None = None
    given: tuple[str, ...] = ()
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

    def step(self, index: int, gradient: Tensor, state: State) -> tuple[Tensor, State]:
        """Compute one change of z.

        Args:
            index: 0 for the first update.
            gradient: that of the fidelity with respect to z, the shape of z.
            state: what the step before returned; None at the first.

        Returns:
            (change that is added to z, state for the next step).
        """
        raise NotImplementedError

    @property
    def has_base(self) -> bool:
        """Whether the base of the steps is settled; a rule that is calibrated says so itself."""
        return not self.calibrated

    def rebase(self, step_size: float) -> None:
        """Set the base of the steps; only rules that are `calibrated` have one."""
        raise NotImplementedError

    def take_over(self, other: Update) -> None:
        """Take what another rule has learned, where it fits; here nothing."""

    def describe(self) -> str:
        """Name the rule in reports."""
        return type(self).__name__

    def curves(self) -> dict[str, float]:
        """Return what was learned as numbers by name, for TensorBoard; here nothing."""
        return {}

    def tolerance(self, in_float64: bool = True) -> float:
        """Return how much restored images in [0, 1] may differ for sums in another order alone.

        Args:
            in_float64: whether the residual is whitened in float64, as everywhere but in LiteRT.
        """
        return EXACT if in_float64 or self.damping is None else UNDONE

    def is_rounding(self, difference: np.ndarray, in_float64: bool = True) -> bool:
        """Tell whether restored images may differ so for sums in another order alone: by the `tolerance` at most.

        Args:
            difference: how much images in [0, 1] differ, not negative.
            in_float64: as for `tolerance`.
        """
        return bool(difference.max() <= self.tolerance(in_float64))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"name": self.name}
