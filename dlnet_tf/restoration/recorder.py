"""A model as a function of arrays that remembers the fidelity of all that it restored."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlnet_tf.restoration.restorer import Restorer


class Recorder:
    """Restores as a `Restorer` does, and notes the fidelities.

    Args:
        restorer: what restores.

    Attributes:
        restorer: as given.
        fidelities: [K, B] of each batch; none of a backbone.
    """

    def __init__(self, restorer: Restorer) -> None:
        self.restorer = restorer
        self.fidelities: list[np.ndarray] = []

    def __call__(self, *inputs: Any, **named: Any) -> np.ndarray:
        """Restore a batch; arguments, result and refusals are those of `Restorer.with_fidelity`."""
        restored, fidelity = self.restorer.with_fidelity(*inputs, **named)
        if fidelity is not None:
            self.fidelities.append(fidelity)
        return restored

    def mean(self) -> list[float]:
        """Return the mean fidelity of all images at each of the K steps; nothing of a backbone."""
        return np.concatenate(self.fidelities, axis=1).mean(axis=1).tolist() if self.fidelities else []
