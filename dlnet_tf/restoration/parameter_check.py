"""What a degradation may be told of one photograph: the same from Python as on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.kernels import TOLERANCE


class Parameters(TypedDict, total=False):
    """What is told by name: u in restored pixels or a kernel [k, k], and the standard deviation of the noise."""

    blur_width: float | Literal["auto"]
    kernel: np.ndarray
    noise_sigma: float | Literal["auto"]


def check_parameters(parameters: Mapping[str, object]) -> None:
    """Refuse values that no degradation has.

    Args:
        parameters: by name; `blur_width` and `noise_sigma` numbers >= 0, `kernel` [k, k] with k odd and of sum 1.

    Raises:
        UsageError: the first that is none.
    """
    for name in ("blur_width", "noise_sigma"):
        value = parameters.get(name, 0.0)
        number = _numbers(name, value, "a number >= 0")
        if number.ndim or not np.isfinite(number) or number < 0:
            raise UsageError(f"found {name} {value}, expected a number >= 0")
    if "kernel" in parameters:
        expected = "[k, k], k odd, which sums to 1"
        kernel = _numbers("kernel", parameters["kernel"], expected)
        if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1] or kernel.shape[0] % 2 == 0:
            raise UsageError(f"found a kernel of shape {list(kernel.shape)}, expected {expected}")
        if not abs(kernel.sum() - 1) <= TOLERANCE:
            raise UsageError(f"found a kernel that sums to {kernel.sum():.6g}, expected {expected}")


def _numbers(name: str, value: object, expected: str) -> np.ndarray:
    try:
        return np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise UsageError(f"found {name} {value!r}, expected {expected}") from None
