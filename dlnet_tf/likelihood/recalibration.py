"""Keeping learned step sizes stable while h is far from trained."""

from __future__ import annotations

import keras

# Between two of these steps the largest eigenvalue may grow 2.25 times, as the square of weights that grow evenly, and
# the calibrated step size is half of what is stable. Later the step sizes follow h by themselves.
GROWTH, LAST = 1.5, 1024


def is_due(step: int) -> bool:
    """Return whether step sizes are calibrated again after a training step: 1, 2, 3, 4, 6, 8, 12, .. up to 1024."""
    due = 1
    while due < step:
        due = max(due + 1, int(due * GROWTH))
    return due == step <= LAST


class Recalibration(keras.callbacks.Callback):
    """Calls `DLNet.calibrate` after early training steps, ever more rarely.

    Step sizes that suit random weights are far too large soon after: an h that starts almost at zero, as those of
    super-resolution networks do, lets them start in the thousands.
    """

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Calibrate when it is due."""
        if is_due(int(self.model.optimizer.iterations.numpy())):
            self.model.calibrate()
