"""What a degradation is told of an image, stated once for models, export and calibration."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np


def uniform(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw values in [0, 1)."""
    return random.random(shape)


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A parameter of a degradation, a value an image.

    Attributes:
        name: key of a model's input.
        shape: shape of a batch of values, None where it is open.
        neutral: (H, W) of the clean images -> what degrades them least, for a batch of 1, float32. The first parameter
            of a degradation has it.
        example: (generator, shape) -> some valid values.
    """

    name: str
    shape: tuple[int | None, ...]
    neutral: Callable[[tuple[int, int]], np.ndarray] | None = None
    example: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray] = uniform
