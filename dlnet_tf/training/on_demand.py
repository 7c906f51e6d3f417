"""On-demand learning, Gao and Grauman, ICCV 2017: what a network does badly is shown to it more often."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from dlnet_tf.errors import UsageError
from dlnet_tf.validation import Validation


def quotas(psnr: Sequence[float], batch: int) -> list[int]:
    """Share out a batch among sub-tasks: B_i = (1/P_i) / sum_j (1/P_j) * B, rounded to the sum B.

    Rounded down, after which the largest remainders get one more; of equal ones the first.

    Args:
        psnr: P_i, validation PSNR of every sub-task in dB, > 0.
        batch: B.

    Returns:
        B_i.

    Raises:
        UsageError: a PSNR is not finite or not above 0.
    """
    for value in psnr:
        if not (math.isfinite(value) and value > 0):
            raise UsageError(f"on-demand learning: found a validation PSNR of {value:g} dB, expected a finite one > 0")
    # Exact, so that equal remainders are equal.
    inverse = [1 / Fraction(value) for value in psnr]
    shares = [batch * value / sum(inverse) for value in inverse]
    rounded = [math.floor(share) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda index: rounded[index] - shares[index])
    for index in by_remainder[: batch - sum(rounded)]:
        rounded[index] += 1
    return rounded


class OnDemand:
    """The quotas of a run, a curriculum of the training loop: equal at first, set anew by every validation.

    The paper sets them after every epoch; a validation comes after every eighth of a run, 500 steps at the most.

    Args:
        batch: examples a step over all replicas.
        subtasks: number of sub-tasks.

    Attributes:
        state: the quotas.
    """

    def __init__(self, batch: int, subtasks: int = 5) -> None:
        self.batch = batch
        self.state = quotas([1.0] * subtasks, batch)

    def update(self, found: Validation) -> None:
        """Set the quotas by a validation, which has one PSNR a sub-task, in their order."""
        if len(found.psnr) != len(self.state):
            raise ValueError(f"found {len(found.psnr)} PSNRs, expected one for each of {len(self.state)} sub-tasks")
        self.state = quotas(list(found.psnr.values()), self.batch)

    def curves(self) -> dict[str, float]:
        """Return the quotas."""
        return {f"quota/subtask{index + 1}": float(quota) for index, quota in enumerate(self.state)}
