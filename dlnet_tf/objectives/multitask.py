"""Multi-task learning: degradation levels are tasks, weighed by learned variances."""

from __future__ import annotations

from collections.abc import Mapping

import keras
from keras import ops

from dlnet_tf.objectives.objective import Objective
from dlnet_tf.tensors import Tensor

BINS = 30


class MultiTask(Objective):
    """n * (1/2 exp(-eta_l) ell + 1/2 eta_l) + decay with a log-variance eta_l a level, as in Kendall et al., CVPR 2018.

    n ell / 2 is the error of a sample over its n values, by default ell their mean squared error, and l the bin of its
    level. The factor n makes it a sum over pixels, 1/2 exp(-eta_l) sum (xhat - x)^2 + n/2 eta_l, so that the decay
    means what it means elsewhere: with eta = 0, where it starts, this is training on `of`. eta itself does not decay.
    Needs `level`.

    Args:
        first: smallest level of the first of 30 bins; levels beyond the last go to it.
        width: width of a bin.
        weight_decay: as in `Objective`.
        of: whose error and number of values these are, its decay aside; joint training by default, where n = H W C.
    """

    def __init__(self, first: float, width: float, weight_decay: float = 0.0, of: Objective | None = None) -> None:
        super().__init__(weight_decay)
        self.of = of or Objective()
        self.first, self.width = first, width
        self.log_variances = keras.Variable("zeros", shape=(BINS,), dtype="float32", name="log_variances")
        self.variables = [self.log_variances]

    def error(self, restored: Tensor, clean: Tensor, inputs: Mapping[str, Tensor]) -> Tensor:
        """Return the loss of every sample without the decay, [B]."""
        # A product rather than a lookup, whose gradient would be sparse.
        chosen = ops.one_hot(self.bins(inputs["level"]), BINS, dtype=restored.dtype)
        eta = ops.matmul(chosen, ops.cast(self.log_variances, restored.dtype))
        values = self.of.values(restored, inputs)
        return ops.exp(-eta) * self.of.error(restored, clean, inputs) + 0.5 * values * eta

    def bins(self, level: Tensor) -> Tensor:
        """Return the bins of levels [B], int32 in {0, .., 29}."""
        level = ops.cast(level, "float32")
        return ops.cast(ops.clip(ops.floor((level - self.first) / self.width), 0, BINS - 1), "int32")

    def curves(self) -> dict[str, float]:
        """Return eta at every level."""
        eta = ops.convert_to_numpy(self.log_variances)
        return {f"eta/level={self.first + self.width * index:g}": float(eta[index]) for index in range(BINS)}
