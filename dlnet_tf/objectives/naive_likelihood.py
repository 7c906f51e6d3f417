"""The naive use of the likelihood: a second term of the training loss."""

from __future__ import annotations

from collections.abc import Mapping

from keras import ops

from dlnet_tf.objectives.objective import Objective
from dlnet_tf.objectives.reconstruction import reconstruction
from dlnet_tf.tensors import Tensor


class NaiveLikelihood(Objective):
    """Joint training + lambda * 1/2 * sum_observed (xhat - x)^2 / #observed.

    The sum runs over channels too, while #observed counts a pixel once, as in the authors' code. Needs `mask`.

    Args:
        weight: lambda, >= 0; 1e2, 1e3, 1e4 or 1e5 in the paper.
        weight_decay: as in `Objective`.
    """

    def __init__(self, weight: float, weight_decay: float = 0.0) -> None:
        super().__init__(weight_decay)
        self.weight = weight

    def error(self, restored: Tensor, clean: Tensor, inputs: Mapping[str, Tensor]) -> Tensor:
        """Return the loss of every sample without the decay, [B]."""
        mask = ops.cast(inputs["mask"], restored.dtype)
        # An image without an observed pixel has no second term.
        observed = ops.maximum(ops.sum(mask, axis=(1, 2, 3)), 1.0)
        fidelity = reconstruction(mask * restored, mask * clean)
        return super().error(restored, clean, inputs) + self.weight * fidelity / observed
