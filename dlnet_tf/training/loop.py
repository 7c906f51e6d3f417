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
from dlnet_tf.training.checkpoints import load_state, save_model, save_state
from dlnet_tf.training.plan import Plan, Validation
from dlnet_tf.training.step import Objective, make_step
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
    validate: Callable[[keras.Model], Validation],
    plan: Plan,
    strategy: tf.distribute.Strategy,
    resume: bool,
    after_step: Callable[[int], object] | None = None,
) -> dict[str, Any]:
    """Train a model; killed at any moment and resumed, it ends with the same bits.

    Args:
        model: the model that is trained, made under `strategy`.
        shipped: the same model in float32: validated, and saved when it is the best so far.
        optimizer: made under `strategy`; its `iterations` count the steps.
        objective: loss of each sample.
        batches: (first step, last step, input context) -> dataset of (inputs, clean).
        validate: measures a model on held-out images.
        plan: how long, where, how often.
        strategy: how replicas are spread.
        resume: go on from the state in `plan.directory`, else begin.
        after_step: called with the number of every step that was taken.

    Returns:
        Notes of the run: seconds, best step and PSNR, history of validations.

    Raises:
        UsageError: loss not finite; state missing or of another model; nothing writable.
        KeyboardInterrupt: after SIGINT or SIGTERM, with the state written.
    """
    with strategy.scope():
        optimizer.build(model.trainable_variables)
    notes: dict[str, Any] = {"seconds": 0.0, "history": [], "best": {"step": 0, "psnr": -math.inf}}
    if resume:
        notes = load_state(plan.state_path, model, optimizer)
        if not plan.best_path.is_file():
            notes["best"] = {"step": 0, "psnr": -math.inf}
    first = int(optimizer.iterations.numpy())
    if first > plan.total_steps:
        raise UsageError(f"{plan.state_path}: found step {first}, expected at most the {plan.total_steps} of the run")
    before, start = notes["seconds"], time.monotonic()
    board = Board(plan.log_dir)

    def save() -> None:
        notes["seconds"] = before + time.monotonic() - start
        save_state(plan.state_path, model, optimizer, notes)
        board.flush()

    def check(step: int) -> None:
        for variable, source in zip(shipped.variables, model.variables, strict=True):
            variable.assign(source)
        found = validate(shipped)
        if found.mean > notes["best"]["psnr"]:
            notes["best"] = {"step": step, "psnr": found.mean}
            save_model(shipped, plan.best_path)
        notes["history"].append({"step": step, "psnr": dict(found.psnr)})
        notes["seconds"] = before + time.monotonic() - start
        write_card(plan, notes)
        board.scalars({f"psnr/{level}": value for level, value in found.psnr.items()} | dict(found.curves), step)
        board.pictures(found.pictures, step)
        progress.clear()
        print(f"step {step:6d}  {clock(notes['seconds']):>8}  {found}", flush=True)

    def distribute(context: tf.distribute.InputContext | None = None) -> tf.data.Dataset:
        return batches(first, plan.total_steps, context)

    alone = strategy.num_replicas_in_sync == 1
    dataset = distribute() if alone else strategy.distribute_datasets_from_function(distribute)
    iterator = iter(dataset)
    take_step = make_step(model, optimizer, objective, plan.global_batch, plan.clip_norm, strategy)
    progress = Progress(plan.total_steps, first)
    saved = logged = time.monotonic()
    logged_step = first
    with _interrupts() as interrupted:
        for step in range(first + 1, plan.total_steps + 1):
            result = {name: float(value) for name, value in take_step(iterator).items()}
            if not all(math.isfinite(value) for value in result.values()):
                progress.clear()
                raise UsageError(
                    f"training: loss or gradient not finite at step {step}; try a smaller --learning_rate or "
                    f"--step_size, and --resume from the state written before"
                )
            if after_step:
                after_step(step)
            progress.advance(f"loss {result['loss']:.4g}")
            now = time.monotonic()
            if now - logged > 5.0 or step == plan.total_steps:
                rate = (step - logged_step) * plan.global_batch / (now - logged)
                learning_rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
                board.scalars(result | {"learning_rate": learning_rate, "images_per_second": rate}, step)
                logged, logged_step = now, step
            last = step == plan.total_steps
            if last or step % plan.validate_every == 0:
                check(step)
            if last or interrupted() or time.monotonic() - saved > plan.checkpoint_seconds:
                save()
                saved = time.monotonic()
            if interrupted() and not last:
                progress.clear()
                print(f"stopped at step {step}; --resume goes on from there", flush=True)
                raise KeyboardInterrupt
    return notes
