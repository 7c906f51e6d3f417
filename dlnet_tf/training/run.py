"""A training run: steps, validation, checkpoints by time, exact resume."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from dlnet_tf.errors import UsageError
from dlnet_tf.tensors import Tensor
from dlnet_tf.training.average import Average
from dlnet_tf.training.cards import write_card
from dlnet_tf.training.lesson import Lesson
from dlnet_tf.training.notes import Notes
from dlnet_tf.training.plan import Plan
from dlnet_tf.training.show import Show
from dlnet_tf.training.state import load_state, save_model, save_state
from dlnet_tf.training.step import Batch, make_step, trained_variables
from dlnet_tf.training.strategies import batches_of, check_agreement, make_poll, synchronize_statistics
from dlnet_tf.validation import Validation


@contextlib.contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Turn the first SIGINT or SIGTERM into an answer of the yielded function; a second one acts as ever."""
    caught: list[int] = []
    previous: dict[int, Any] = {}

    def catch(number: int, _frame: object) -> None:
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
        self.notes = Notes()
        self._take_step = make_step(model, optimizer, lesson.objective, plan.batch_size, lesson.clip_norm, strategy)
        self._one_of_all = make_poll(strategy)
        self._counted = time.monotonic()

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
        first, total = self._begin(resume), self.plan.total_steps
        show = Show(self.lesson, self.plan, self.optimizer, first, self.is_chief)
        if not first:
            # So that a best model never lies in a folder without the state of its run.
            self.save()
        saved, iterator = time.monotonic(), self._batches_from(first)
        with contextlib.closing(show), _interrupts() as interrupted:
            for step in range(first + 1, total + 1):
                show.step(step, self.step(step, iterator), self.notes)
                last = step == total
                if last or step % self.lesson.validate_every == 0:
                    show.validation(step, self.validate(step), self.notes)
                    if self.lesson.curriculum and not last:
                        iterator = self._batches_from(step)
                stop = self._one_of_all(interrupted())
                if last or stop or time.monotonic() - saved > self.plan.checkpoint_seconds:
                    self.save()
                    show.flush()
                    saved = time.monotonic()
                if stop and not last:
                    show.close()
                    print(f"stopped at step {step}; give --resume to continue", flush=True)
                    raise KeyboardInterrupt
        return self.notes

    def _begin(self, resume: bool) -> int:
        """Read the state if there is one to go on from, and note the plan; return the number of steps that were taken.

        Raises:
            UsageError: the state is of another run or further than the plan; or workers differ.
        """
        plan = self.plan
        if resume and plan.files.state.is_file():
            self._load()
        elif resume:
            print(f"{plan.files.state}: no state yet, the run begins at step 0", flush=True)
        first = int(self.optimizer.iterations.numpy())
        if first > plan.total_steps:
            raise UsageError(
                f"{plan.files.state}: found step {first}, expected at most the {plan.total_steps} of the run"
            )
        check_agreement(self.strategy, first, plan.settings)
        self.notes.take(plan, first)
        self._counted = time.monotonic()
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

    def validate(self, step: int) -> Validation:
        """Measure the model on held-out images, note what is found, and keep the model if it is the best so far."""
        sources = self.average.values() if self.average else self.model.variables
        for variable, source in zip(self.shipped.variables, sources, strict=True):
            variable.assign(source)
        try:
            found = self.measure()
            if not math.isfinite(found.mean):
                raise UsageError(f"found {found}")
            if curriculum := self.lesson.curriculum:
                curriculum.update(found)
                self.notes.curriculum = curriculum.state
        except UsageError as error:
            self.save()
            raise self._diverged(f"validation failed at step {step}, its state is kept ({error})") from None
        better = self.notes.add(step, found)
        self._count_seconds()
        if better and self.is_chief:
            save_model(self.shipped, self.plan.files.best)
        if self.is_chief:
            write_card(self.plan, self.notes)
        return found

    def save(self) -> None:
        """Write the state of the run."""
        self._count_seconds()
        if self.is_chief:
            notes = dataclasses.asdict(self.notes)
            save_state(self.plan.files.state, self.model, self.optimizer, notes, *self._further())

    def _load(self) -> None:
        state = self.plan.files.state
        self.notes = Notes(**load_state(state, self.model, self.optimizer, self._check, *self._further()))
        if self.lesson.curriculum and self.notes.curriculum is not None:
            self.lesson.curriculum.state = self.notes.curriculum
        if not self.plan.files.best.is_file():
            self.notes.best = Notes().best

    def _check(self, notes: dict[str, Any]) -> None:
        Notes(**notes).check(self.plan)

    def _further(self) -> tuple[Sequence[keras.Variable], Mapping[str, Tensor]]:
        """Return the variables of the objective and of the average."""
        return getattr(self.lesson.objective, "variables", []), self.average.variables if self.average else {}

    def _batches_from(self, step: int) -> Iterator[Batch]:
        return batches_of(self.lesson, self.strategy, step, self.plan.total_steps)

    def _count_seconds(self) -> None:
        now = time.monotonic()
        self.notes.seconds += now - self._counted
        self._counted = now

    def _diverged(self, what: str) -> UsageError:
        best = self.plan.files.best
        kept = f" with --checkpoint={best}" if best.is_file() else ""
        return UsageError(
            f"training: {what}; try a smaller --learning_rate or --step_size in another --output_dir{kept}"
        )
