"""What a validation found, which training, a curriculum and its objective look at."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

import numpy as np

# dB that an image without any error counts as: its PSNR is infinite, and so would be a mean.
PERFECT = 100.0


def mean_psnr(values: Iterable[float]) -> float:
    """Return the mean of PSNRs in dB, in which an image without any error counts as 100 dB."""
    return float(np.mean(np.minimum(list(values), PERFECT)))


def fidelity_curves(level: str, fidelity: Iterable[float]) -> dict[str, float]:
    """Return the fidelity of each step at a level as scalars for TensorBoard."""
    return {f"fidelity_{level}/step{k}": float(value) for k, value in enumerate(fidelity)}


@dataclasses.dataclass(frozen=True)
class Validation:
    """What a validation found.

    Attributes:
        psnr: dB by level; the mean over levels decides which model is best.
        curves: further scalars for TensorBoard.
        pictures: panels for TensorBoard, float [H, W, C] in [0, 1].
    """

    psnr: Mapping[str, float]
    curves: Mapping[str, float] = dataclasses.field(default_factory=dict)
    pictures: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)

    @property
    def mean(self) -> float:
        """Mean PSNR over the levels."""
        return sum(self.psnr.values()) / len(self.psnr)

    def __str__(self) -> str:
        """Format the PSNRs on one line."""
        return "  ".join(f"{level} {value:.2f} dB" for level, value in self.psnr.items())
