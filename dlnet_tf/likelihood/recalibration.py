"""Keeping learned step sizes stable while h is far from trained."""

from __future__ import annotations

import keras

# Between two of these steps the largest eigenvalue may grow 2.25 times, as the square of weights that grow evenly, and
# the calibrated step size is half of what is stable. Later the step sizes follow h by themselves.
GROWTH, LAST = 1.5, 1024


def is_due(step: int, seen: int | None = None) -> bool:
    """Return whether step sizes are calibrated again after a training step: 1, 2, 3, 4, 6, 9, 13, .. up to 1024.

    Args:
        step: number of steps taken.
        seen: number of steps at the last question, where several are taken at once; by default step - 1.
    """
    due = 1
    while due <= (step - 1 if seen is None else seen):
        due = max(due + 1, int(due * GROWTH))
    return due <= min(step, LAST)


def recalibrate(model: keras.Model, step: int) -> None:
    """Calibrate a DL-Net after a training step, if it is due."""
    if is_due(step):
        model.calibrate()


class Recalibration(keras.callbacks.Callback):
    """Calls `DLNet.calibrate` after early training steps, ever more rarely.

    Step sizes that suit random weights are far too large soon after: an h that starts almost at zero, as those of
    super-resolution networks do, lets them start in the thousands.
    """

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Go on from the optimizer's count of steps."""
        self._seen = int(self.model.optimizer.iterations.numpy())

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Calibrate when it is due, or became so since the last call."""
        step = int(self.model.optimizer.iterations.numpy())
        if is_due(step, self._seen):
            self.model.calibrate()
        self._seen = step
        # Past the last of these steps a later call of `fit` does not calibrate either.
        self.model.recalibrate = step < LAST
