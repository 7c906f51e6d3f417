"""A rectangle of pixels."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Rectangle:
    """A rectangle of pixels."""

    top: int
    left: int
    height: int
    width: int

    def cut(self, image: np.ndarray) -> np.ndarray:
        """Return the part of an [H, W, ...] image inside the rectangle."""
        return image[self.top : self.top + self.height, self.left : self.left + self.width]
