"""Priors R of Eq. (3) of arXiv:1904.09105v4, added to the fidelity while z is updated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, runtime_checkable

import keras
from keras import ops

from dlnet_tf.tensors import Tensor

Prior: TypeAlias = Callable[[Tensor], Tensor]
"""R: images [B, H, W, C] to what they cost, [B], in units of the fidelity; differentiable twice."""


@runtime_checkable
class LocalPrior(Protocol):
    """A prior that says how far it sees, so that a photograph can be restored in tiles."""

    def __call__(self, x: Tensor) -> Tensor:
        """Map images [B, H, W, C] to what they cost, [B]."""

    def reach(self) -> int:
        """Return how far the gradient at a pixel sees before and after it together."""


@keras.saving.register_keras_serializable("dlnet_tf")
class TotalVariation:
    """Isotropic total variation, weight * sum sqrt(dx^2 + dy^2 + smoothing^2) - smoothing.

    Args:
        weight: >= 0, in units of the fidelity (a sum of squares) per unit of contrast and pixel.
        smoothing: contrast below which an edge counts quadratically, > 0; keeps both derivatives finite on flat images.
    """

    def __init__(self, weight: float, smoothing: float = 1e-2) -> None:
        self.weight = weight
        self.smoothing = smoothing

    def __call__(self, x: Tensor) -> Tensor:
        """Map images [B, H, W, C] to their total variations [B]."""
        down = x[:, 1:, :-1] - x[:, :-1, :-1]
        right = x[:, :-1, 1:] - x[:, :-1, :-1]
        length = ops.sqrt(ops.square(down) + ops.square(right) + self.smoothing**2)
        return self.weight * ops.sum(length - self.smoothing, axis=(1, 2, 3))

    def reach(self) -> int:
        """Return how far the gradient at a pixel sees before and after it together: to its neighbours."""
        return 2

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"weight": self.weight, "smoothing": self.smoothing}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> TotalVariation:
        """Build the prior that `get_config` described."""
        return cls(**config)
