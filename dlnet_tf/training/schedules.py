"""Learning rates as functions of the step."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from dlnet_tf.tensors import Tensor


@keras.saving.register_keras_serializable("dlnet_tf")
class CosineDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, then half a cosine down to `floor` times the peak.

    Args:
        peak: largest learning rate.
        total_steps: step at which the floor is reached; later steps stay there.
        warmup_steps: steps of the linear rise.
        floor: last learning rate as a fraction of the peak.
    """

    def __init__(self, peak: float, total_steps: int, warmup_steps: int = 0, floor: float = 0.01) -> None:
        self.peak = peak
        self.total_steps = total_steps
        self.warmup_steps = warmup_steps
        self.floor = floor

    def __call__(self, step: Tensor) -> Tensor:
        """Return the learning rate of `step`."""
        step = ops.cast(step, "float32")
        rise = ops.minimum(1.0, (step + 1.0) / max(1, self.warmup_steps))
        done = (step - self.warmup_steps) / max(1, self.total_steps - self.warmup_steps)
        cosine = 0.5 * (1.0 + ops.cos(math.pi * ops.clip(done, 0.0, 1.0)))
        return self.peak * rise * (self.floor + (1.0 - self.floor) * cosine)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {
            "peak": self.peak,
            "total_steps": self.total_steps,
            "warmup_steps": self.warmup_steps,
            "floor": self.floor,
        }


@keras.saving.register_keras_serializable("dlnet_tf")
class PaperSteps(keras.optimizers.schedules.LearningRateSchedule):
    """The paper's schedule: divided by ten after every `period` of the `epochs`, stretched over the run.

    Super-resolution: 300 epochs, every 80; inpainting and interpolation: 500 epochs, every 200, and 250, every 100, for
    the single-level reference (arXiv:1904.09105v4, Section IV).

    Args:
        peak: first learning rate.
        total_steps: steps of the run.
        epochs: epochs of the paper's run, which `total_steps` stand for.
        period: epochs between two divisions.
    """

    def __init__(self, peak: float, total_steps: int, epochs: int = 300, period: int = 80) -> None:
        self.peak = peak
        self.total_steps = total_steps
        self.epochs = epochs
        self.period = period

    def __call__(self, step: Tensor) -> Tensor:
        """Return the learning rate of `step`."""
        # In integers: in floats a division could come one step late.
        divisions = ops.cast(step, "int64") * self.epochs // (self.total_steps * self.period)
        return self.peak * ops.power(0.1, ops.cast(divisions, "float32"))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {
            "peak": self.peak,
            "total_steps": self.total_steps,
            "epochs": self.epochs,
            "period": self.period,
        }


def make_schedule(
    name: str, learning_rate: float, steps: int, periods: tuple[int, int]
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Return the learning rate of a run.

    Args:
        name: "cosine", or "paper" for divisions by ten.
        learning_rate: the peak.
        steps: how many the whole run has.
        periods: the paper's schedule as (epochs, epochs between two divisions).
    """
    if name == "paper":
        return PaperSteps(learning_rate, steps, *periods)
    return CosineDecay(learning_rate, steps, min(200, steps // 10))
