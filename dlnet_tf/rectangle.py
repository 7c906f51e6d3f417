"""A rectangle of pixels."""

from __future__ import annotations

import dataclasses

import cv2
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


def largest_sum(values: np.ndarray, height: int, width: int) -> Rectangle:
    """Return the rectangle of this size over which values sum to most, the first of several.

    Args:
        values: [H, W], uint8, uint16 or float32, not smaller than the rectangle.
        height: of the rectangle.
        width: of the rectangle.
    """
    # Each sum is entered at the top left corner of its rectangle.
    sums = cv2.boxFilter(values, cv2.CV_32F, (width, height), anchor=(0, 0), normalize=False)
    inside = sums[: values.shape[0] - height + 1, : values.shape[1] - width + 1]
    top, left = np.unravel_index(int(np.argmax(inside)), inside.shape)
    return Rectangle(int(top), int(left), height, width)
