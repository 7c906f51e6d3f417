"""What a degradation is told of an image, stated once for models, export and calibration."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.tensors import Tensor


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
        per_pixel: whether axes 1 and 2 are the height and width of the clean images.
    """

    name: str
    shape: tuple[int | None, ...]
    neutral: Callable[[tuple[int, int]], np.ndarray] | None = None
    example: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray] = uniform
    per_pixel: bool = False

    def check(self, value: Tensor, size: tuple[Tensor, Tensor]) -> None:
        """Refuse a value of another shape; sizes that only a running graph knows are let through.

        Args:
            value: [B, ...] for each image, or [1, ...] for all; further axes as in `shape`.
            size: (H, W) of the clean images, each an int or a scalar integer tensor.

        Raises:
            UsageError: it has other axes, or another height or width.
        """
        found = list(np.shape(value))
        expected = ["batch", *(size if self.per_pixel else self.shape[1:3]), *self.shape[3:]]
        sizes = zip(found[1:3], size, strict=False) if self.per_pixel else ()
        if len(found) != len(self.shape) or any(isinstance(a, int) and isinstance(b, int) and a != b for a, b in sizes):
            shown = ", ".join(str(n) if isinstance(n, (int, str)) else "any" for n in expected)
            raise UsageError(f"{self.name}: found shape {found}, expected [{shown}]")
