"""The training loop: steps, validation, checkpoints by time, exact resume."""

from __future__ import annotations

import contextlib
import math
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from dlnet_tf.errors import UsageError
from dlnet_tf.progress import Progress, clock
from dlnet_tf.training.cards import write_card
from dlnet_tf.training.notes import Notes, blank_notes, check_settings, note_plan
from dlnet_tf.training.plan import Curriculum, Plan, Validation
from dlnet_tf.training.state import load_state, save_model, save_state
from dlnet_tf.training.step import Objective, make_step, trained_variables
from dlnet_tf.training.strategies import check_agreement, make_poll, synchronize_statistics
from dlnet_tf.training.tensorboard import Board

Batches = Callable[[int, int, tf.distribute.InputContext | None], tf.data.Dataset]


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


def train(
    model: keras.Model,
    shipped: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    objective: Objective,
    batches: Batches,
    validate: Callable[[], Validation],
    plan: Plan,
    strategy: tf.distribute.Strategy,
    resume: bool,
    after_step: Callable[[int], object] | None = None,
    curriculum: Curriculum | None = None,
) -> Notes:
    """Train a model; killed at any moment and resumed, it ends with the same bits.

    Of several workers the first one writes; all of them resume from what it wrote, in a folder that they share. A
    signal to one of them stops them all after the same step. Batch statistics are those of the whole batch.

    Args:
        model: the model that is trained, made under `strategy`.
        shipped: the same model in float32: validated, and saved when it is the best so far.
        optimizer: made under `strategy`; its `iterations` count the steps.
        objective: calls the model on a batch's inputs and gives the loss of each sample; its attributes `variables`,
            trained beside the model, and `curves()`, for TensorBoard, are heeded where it has them.
        batches: (first step, last step, input context) -> dataset of (inputs, clean).
        validate: measures `shipped` on held-out images; a UsageError of it ends the run.
        plan: how long, where, how often.
        strategy: how replicas are spread.
        resume: go on from the state in `plan.directory` if there is one, else begin.
        after_step: called with the number of every step that was taken.
        curriculum: updated after every validation; `batches` is called anew then, and may look at it.

    Returns:
        Notes of the run: seconds, best step and PSNR, history of validations.

    Raises:
        UsageError: loss not finite, or validation failed; state of another run or model; nothing writable; workers that
            differ.
        KeyboardInterrupt: after SIGINT or SIGTERM, with the state written.
    """
    of_objective = getattr(objective, "variables", [])
    synchronize_statistics(model, strategy)
    with strategy.scope():
        optimizer.build(trained_variables(model, objective))
    chief = strategy.extended.should_checkpoint
    notes = blank_notes()
    resumed = resume and plan.state_path.is_file()
    if resumed:
        notes = load_state(plan.state_path, model, optimizer, lambda notes: check_settings(notes, plan), of_objective)
        if curriculum and "curriculum" in notes:
            curriculum.state = notes["curriculum"]
        if not plan.best_path.is_file():
            notes["best"] = blank_notes()["best"]
    elif resume:
        print(f"{plan.state_path}: no state yet, the run begins at step 0", flush=True)
    first = int(optimizer.iterations.numpy())
    if first > plan.total_steps:
        raise UsageError(f"{plan.state_path}: found step {first}, expected at most the {plan.total_steps} of the run")
    check_agreement(strategy, first, plan.settings)
    note_plan(notes, plan, first)
    before, start = notes["seconds"], time.monotonic()
    board = Board(plan.log_dir if chief else None)

    def save() -> None:
        notes["seconds"] = before + time.monotonic() - start
        if chief:
            save_state(plan.state_path, model, optimizer, notes, of_objective)
        board.flush()

    def diverged(what: str) -> UsageError:
        progress.clear()
        kept = f" with --checkpoint={plan.best_path}" if plan.best_path.is_file() else ""
        return UsageError(
            f"training: {what}; try a smaller --learning_rate or --step_size in another --output_dir{kept}"
        )

    def check(step: int) -> None:
        for variable, source in zip(shipped.variables, model.variables, strict=True):
            variable.assign(source)
        try:
            found = validate()
            if not math.isfinite(found.mean):
                raise UsageError(f"found {found}")
            if curriculum:
                curriculum.update(found)
                notes["curriculum"] = curriculum.state
        except UsageError as error:
            save()
            raise diverged(f"validation failed at step {step}, its state is kept ({error})") from None
        better = found.mean > notes["best"]["psnr"]
        if better:
            notes["best"] = {"step": step, "psnr": found.mean}
        notes["history"].append({"step": step, "psnr": dict(found.psnr)})
        curves = dict(found.curves)
        if curriculum:
            curves |= curriculum.curves()
        if hasattr(objective, "curves"):
            curves |= objective.curves()
        notes["seconds"] = before + time.monotonic() - start
        if not chief:
            return
        if better:
            save_model(shipped, plan.best_path)
        write_card(plan, notes)
        board.scalars({f"psnr/{level}": value for level, value in found.psnr.items()} | curves, step)
        board.pictures(found.pictures, step)
        progress.clear()
        print(f"step {step:6d}  {clock(notes['seconds']):>8}  {found}", flush=True)

    def batches_from(step: int) -> Iterator[Any]:
        if strategy.num_replicas_in_sync == 1:
            return iter(batches(step, plan.total_steps, None))
        return iter(
            strategy.distribute_datasets_from_function(lambda context: batches(step, plan.total_steps, context))
        )

    iterator = batches_from(first)
    take_step = make_step(model, optimizer, objective, plan.global_batch, plan.clip_norm, strategy)
    one_of_all = make_poll(strategy)
    progress = Progress(plan.total_steps, first)
    if not resumed:
        # So that a best model never lies in a folder without the state of its run.
        save()
    saved = logged = time.monotonic()
    logged_step = first
    with _interrupts() as interrupted:
        for step in range(first + 1, plan.total_steps + 1):
            result = {name: float(value) for name, value in take_step(iterator).items()}
            if not all(math.isfinite(value) for value in result.values()):
                raise diverged(f"loss or gradient not finite at step {step}")
            if after_step:
                after_step(step)
            validated = [f"PSNR {Validation(entry['psnr']).mean:.2f} dB" for entry in notes["history"][-1:]]
            progress.advance(", ".join([f"loss {result['loss']:.4g}", *validated]))
            now = time.monotonic()
            if now - logged > 5.0 or step == plan.total_steps:
                rate = (step - logged_step) * plan.global_batch / (now - logged)
                learning_rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
                board.scalars(result | {"learning_rate": learning_rate, "images_per_second": rate}, step)
                logged, logged_step = now, step
            last = step == plan.total_steps
            if last or step % plan.validate_every == 0:
                check(step)
                if curriculum and not last:
                    iterator = batches_from(step)
            stop = one_of_all(interrupted())
            if last or stop or time.monotonic() - saved > plan.checkpoint_seconds:
                save()
                saved = time.monotonic()
            if stop and not last:
                progress.clear()
                print(f"stopped at step {step}; --resume goes on from there", flush=True)
                raise KeyboardInterrupt
    return notes
