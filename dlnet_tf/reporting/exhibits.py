"""What several methods made of one image, to be shown side by side."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Picture:
    """One picture with its caption.

    Attributes:
        label: the method, `Input` or `Truth`.
        image: uint8 [H, W] or [H, W, 3] RGB.
        psnr: PSNR of the whole image in dB; None for what no method made.
    """

    label: str
    image: np.ndarray
    psnr: float | None = None


@dataclasses.dataclass(frozen=True)
class Exhibit:
    """One test image: for each level its pictures, all of one size, the truth last.

    Attributes:
        name: name of the image.
        levels: level label -> pictures in the order in which they stand side by side.
    """

    name: str
    levels: dict[str, list[Picture]]

    @property
    def truth(self) -> np.ndarray:
        """The clean image, uint8."""
        return next(iter(self.levels.values()))[-1].image
