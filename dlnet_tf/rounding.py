"""What rounding to integers adds to an image."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt


def rounding(dtype: npt.DTypeLike) -> float:
    """Return the standard deviation of what rounding to an integer type adds to values in [0, 1]."""
    return 1 / (np.iinfo(np.dtype(dtype)).max * math.sqrt(12))


# That of 8 bits: what is assumed of an image of which nothing is said.
EIGHT_BITS = rounding(np.uint8)
