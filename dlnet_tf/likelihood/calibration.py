"""The step size that a curvature allows."""

from __future__ import annotations

import warnings


def step_size_of(curvature: float, name: str) -> float:
    """Return half of the largest step size that is stable, 1 / (2 lambda).

    Args:
        curvature: lambda, the largest eigenvalue of J^T W^T V W J, >= 0.
        name: of the model, for the warning.

    Returns:
        The step size; 0, with a warning, where the image does not depend on z.
    """
    if curvature == 0:
        warnings.warn(
            f"{name}: the image does not depend on z yet (does h end in zeros?), so all step sizes are 0; "
            "call calibrate() once it does",
            stacklevel=3,
        )
    return 0.5 / curvature if curvature > 0 else 0.0
