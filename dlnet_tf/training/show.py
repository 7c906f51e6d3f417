"""What a run shows while it goes on: a line on the terminal, curves and pictures in TensorBoard."""

from __future__ import annotations

import time
from collections.abc import Mapping

import keras

from dlnet_tf.progress import Progress, clock
from dlnet_tf.training.lesson import Lesson
from dlnet_tf.training.notes import Notes
from dlnet_tf.training.plan import Plan
from dlnet_tf.training.tensorboard import Board
from dlnet_tf.validation import Validation

# Between two points of the curves of a training step.
SECONDS_A_POINT = 5.0


class Show:
    """Progress line and TensorBoard of a run.

    Args:
        lesson: its curriculum and its objective may have curves of their own.
        plan: what the run does.
        optimizer: says its learning rate.
        first: number of steps that were taken before.
        is_chief: whether anything is shown but the progress line.

    Raises:
        UsageError: here and from every method, the folder of the event files cannot be written.
    """

    def __init__(
        self, lesson: Lesson, plan: Plan, optimizer: keras.optimizers.Optimizer, first: int, is_chief: bool
    ) -> None:
        self._lesson, self._plan, self._optimizer, self._is_chief = lesson, plan, optimizer, is_chief
        self._board = Board(plan.log_dir if is_chief else None)
        self._progress = Progress(plan.total_steps, first)
        # Of the last point of the curves: when, and after which step.
        self._point = time.monotonic(), first

    def step(self, step: int, result: Mapping[str, float], notes: Notes) -> None:
        """Move the progress line on and, now and then, add a point to the curves."""
        validated = [f"PSNR {Validation(entry['psnr']).mean:.2f} dB" for entry in notes.history[-1:]]
        self._progress.advance(", ".join([f"loss {result['loss']:.4g}", *validated]))
        now, (then, before) = time.monotonic(), self._point
        if now - then > SECONDS_A_POINT or step == self._plan.total_steps:
            rate = (step - before) * self._plan.batch_size / (now - then)
            learning_rate = float(keras.ops.convert_to_numpy(self._optimizer.learning_rate))
            self._board.scalars({**result, "learning_rate": learning_rate, "images_per_second": rate}, step)
            self._point = now, step

    def validation(self, step: int, found: Validation, notes: Notes) -> None:
        """Show what a validation found: curves, pictures, a line on the terminal."""
        if not self._is_chief:
            return
        curves = {f"psnr/{level}": value for level, value in found.psnr.items()} | dict(found.curves)
        for part in (self._lesson.curriculum, self._lesson.objective):
            curves |= getattr(part, "curves", dict)()
        self._board.scalars(curves, step)
        self._board.pictures(found.pictures, step)
        self._progress.clear()
        print(f"step {step:6d}  {clock(notes.seconds):>8}  {found}", flush=True)

    def flush(self) -> None:
        """Make sure that the curves are on disk."""
        self._board.flush()

    def close(self) -> None:
        """Take the progress line away."""
        self._progress.clear()
