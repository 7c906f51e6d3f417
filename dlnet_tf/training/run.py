"""A training run: steps, validation, checkpoints by time, exact resume."""

from __future__ import annotations

import contextlib
import math
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from dlnet_tf.errors import UsageError
from dlnet_tf.progress import Progress, clock
from dlnet_tf.tensors import Tensor
from dlnet_tf.training.average import Average
from dlnet_tf.training.cards import write_card
from dlnet_tf.training.lesson import Lesson
from dlnet_tf.training.notes import Notes, blank_notes, check_settings, note_plan
from dlnet_tf.training.plan import Plan
from dlnet_tf.training.state import load_state, save_model, save_state
from dlnet_tf.training.step import Batch, make_step, trained_variables
from dlnet_tf.training.strategies import batches_of, check_agreement, make_poll, synchronize_statistics
from dlnet_tf.training.tensorboard import Board
from dlnet_tf.validation import Validation

# Between two points of the curves of a training step.
SECONDS_A_POINT = 5.0


@contextlib.contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Turn the first SIGINT or SIGTERM into an answer of the yielded function; a second one acts as ever."""
    caught: list[int] = []
    previous: dict[int, Any] = {}

    def catch(number: int, _frame: Any) -> None:
        caught.append(number)
        signal.signal(number, previous[number])

    for number in (int(signal.SIGINT), int(signal.SIGTERM)):
        previous[number] = signal.signal(number, catch)
    try:
        yield lambda: bool(caught)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


class Run:
    """A training run; killed at any moment and resumed, it ends with the same bits.

    Of several workers the first one writes; all of them resume from what it wrote, in a folder that they share. A
    signal to one of them stops them all after the same step. Batch statistics are those of the whole batch.

    Args:
        model: the model that is trained, made under `strategy`.
        shipped: the same model in float32: validated, and saved when it is the best so far.
        optimizer: made under `strategy`; its `iterations` count the steps.
        lesson: what the model is shown, asked for and measured by.
        plan: how long, where, how often.
        strategy: how replicas are spread.
        after_step: called with the number of every step that was taken.

    Attributes:
        notes: what the run has found: seconds, best step and PSNR, history of validations.
    """

    def __init__(
        self,
        model: keras.Model,
        shipped: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        lesson: Lesson,
        plan: Plan,
        strategy: tf.distribute.Strategy,
        after_step: Callable[[int], object] = lambda step: None,
    ) -> None:
        self.model, self.shipped, self.optimizer = model, shipped, optimizer
        self.lesson, self.plan, self.strategy, self.after_step = lesson, plan, strategy, after_step
        self.measure = lesson.validator(shipped)
        synchronize_statistics(model, strategy)
        with strategy.scope():
            optimizer.build(trained_variables(model, lesson.objective))
        self.average = Average(model, plan.average, plan.fine_tuned) if plan.average else None
        self.is_chief = strategy.extended.should_checkpoint
        self.notes: Notes = blank_notes()

    def train(self, resume: bool) -> Notes:
        """Take all steps that are left.

        Args:
            resume: go on from the state in the plan's folder if there is one, else begin.

        Returns:
            Notes of the run.

        Raises:
            UsageError: loss not finite, or validation failed; state of another run or model; nothing writable; workers
                that differ.
            KeyboardInterrupt: after SIGINT or SIGTERM, with the state written.
        """
        first, total = self.begin(resume), self.plan.total_steps
        iterator = self._batches_from(first)
        with _interrupts() as interrupted:
            for step in range(first + 1, total + 1):
                result = self.step(step, iterator)
                self._show(step, result)
                last = step == total
                if last or step % self.lesson.validate_every == 0:
                    self.validate(step)
                    if self.lesson.curriculum and not last:
                        iterator = self._batches_from(step)
                stop = self._one_of_all(interrupted())
                if last or stop or time.monotonic() - self._saved > self.plan.checkpoint_seconds:
                    self.save()
                if stop and not last:
                    self._progress.clear()
                    print(f"stopped at step {step}; give --resume to continue", flush=True)
                    raise KeyboardInterrupt
        return self.notes

    def begin(self, resume: bool) -> int:
        """Read the state, or write that of a run without steps; return the number of steps that were taken."""
        plan, resumed = self.plan, resume and self.plan.files.state.is_file()
        if resumed:
            self._load()
        elif resume:
            print(f"{plan.files.state}: no state yet, the run begins at step 0", flush=True)
        first = int(self.optimizer.iterations.numpy())
        if first > plan.total_steps:
            raise UsageError(
                f"{plan.files.state}: found step {first}, expected at most the {plan.total_steps} of the run"
            )
        check_agreement(self.strategy, first, plan.settings)
        note_plan(self.notes, plan, first)
        self._before, self._start = self.notes["seconds"], time.monotonic()
        self._board = Board(plan.log_dir if self.is_chief else None)
        lesson = self.lesson
        self._take_step = make_step(
            self.model, self.optimizer, lesson.objective, plan.batch_size, lesson.clip_norm, self.strategy
        )
        self._one_of_all = make_poll(self.strategy)
        self._progress = Progress(plan.total_steps, first)
        if not resumed:
            # So that a best model never lies in a folder without the state of its run.
            self.save()
        self._saved = self._logged = time.monotonic()
        self._logged_step = first
        return first

    def step(self, step: int, iterator: Iterator[Batch]) -> dict[str, float]:
        """Take a step on the next batch; return its loss and the norm of its gradient."""
        result = {name: float(value) for name, value in self._take_step(iterator).items()}
        if not all(math.isfinite(value) for value in result.values()):
            raise self._diverged(f"loss or gradient not finite at step {step}")
        self.after_step(step)
        if self.average:
            self.average.update(step)
        return result

    def validate(self, step: int) -> None:
        """Measure the model on held-out images, note what was found, and keep the model if it is the best so far."""
        sources = self.average.values() if self.average else self.model.variables
        for variable, source in zip(self.shipped.variables, sources, strict=True):
            variable.assign(source)
        try:
            found = self.measure()
            if not math.isfinite(found.mean):
                raise UsageError(f"found {found}")
            if curriculum := self.lesson.curriculum:
                curriculum.update(found)
                self.notes["curriculum"] = curriculum.state
        except UsageError as error:
            self.save()
            raise self._diverged(f"validation failed at step {step}, its state is kept ({error})") from None
        better = found.mean > self.notes["best"]["psnr"]
        if better:
            self.notes["best"] = {"step": step, "psnr": found.mean}
        self.notes["history"].append({"step": step, "psnr": dict(found.psnr)})
        self._clock()
        if self.is_chief:
            self._publish(step, found, better)

    def save(self) -> None:
        """Write the state of the run."""
        self._clock()
        if self.is_chief:
            save_state(self.plan.files.state, self.model, self.optimizer, self.notes, *self._further())
        self._board.flush()
        self._saved = time.monotonic()

    def _load(self) -> None:
        self.notes = load_state(
            self.plan.files.state,
            self.model,
            self.optimizer,
            lambda notes: check_settings(notes, self.plan),
            *self._further(),
        )
        if self.lesson.curriculum and "curriculum" in self.notes:
            self.lesson.curriculum.state = self.notes["curriculum"]
        if not self.plan.files.best.is_file():
            self.notes["best"] = blank_notes()["best"]

    def _further(self) -> tuple[Sequence[keras.Variable], Mapping[str, Tensor]]:
        """Return the variables of the objective and of the average."""
        return getattr(self.lesson.objective, "variables", []), self.average.variables if self.average else {}

    def _batches_from(self, step: int) -> Iterator[Batch]:
        return batches_of(self.lesson, self.strategy, step, self.plan.total_steps)

    def _clock(self) -> None:
        self.notes["seconds"] = self._before + time.monotonic() - self._start

    def _show(self, step: int, result: dict[str, float]) -> None:
        """Move the progress line on and, now and then, add a point to the curves."""
        validated = [f"PSNR {Validation(entry['psnr']).mean:.2f} dB" for entry in self.notes["history"][-1:]]
        self._progress.advance(", ".join([f"loss {result['loss']:.4g}", *validated]))
        now = time.monotonic()
        if now - self._logged > SECONDS_A_POINT or step == self.plan.total_steps:
            rate = (step - self._logged_step) * self.plan.batch_size / (now - self._logged)
            learning_rate = float(keras.ops.convert_to_numpy(self.optimizer.learning_rate))
            self._board.scalars(result | {"learning_rate": learning_rate, "images_per_second": rate}, step)
            self._logged, self._logged_step = now, step

    def _publish(self, step: int, found: Validation, better: bool) -> None:
        """Write what others look at: the best model, its card, curves, pictures, a line on the terminal."""
        if better:
            save_model(self.shipped, self.plan.files.best)
        write_card(self.plan, self.notes)
        curves = {f"psnr/{level}": value for level, value in found.psnr.items()} | dict(found.curves)
        for part in (self.lesson.curriculum, self.lesson.objective):
            curves |= getattr(part, "curves", dict)()
        self._board.scalars(curves, step)
        self._board.pictures(found.pictures, step)
        self._progress.clear()
        print(f"step {step:6d}  {clock(self.notes['seconds']):>8}  {found}", flush=True)

    def _diverged(self, what: str) -> UsageError:
        self._progress.clear()
        best = self.plan.files.best
        kept = f" with --checkpoint={best}" if best.is_file() else ""
        return UsageError(
            f"training: {what}; try a smaller --learning_rate or --step_size in another --output_dir{kept}"
        )
