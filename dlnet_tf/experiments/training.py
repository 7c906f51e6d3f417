"""Training one method of an experiment: models, optimizer, schedule and the folder of the run, put together once."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import shlex
import sys
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf import models
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.experiment import RULES, Experiment
from dlnet_tf.files import check_target
from dlnet_tf.likelihood import DLNet, GradientUpdate
from dlnet_tf.likelihood.recalibration import is_due
from dlnet_tf.training.lock import locked
from dlnet_tf.training.loop import Batches, train
from dlnet_tf.training.plan import Curriculum, Plan, Validation
from dlnet_tf.training.schedules import CosineDecay, PaperSteps
from dlnet_tf.training.step import Objective
from dlnet_tf.training.strategies import is_chief, lost_workers, make_strategy


@dataclasses.dataclass(frozen=True)
class Lesson:
    """What a model is shown and asked for.

    Attributes:
        objective: what is minimised.
        batches: as `dlnet_tf.training.loop.train` takes it.
        validator: from the float32 model to what measures it on held-out images.
        facts: lines of the model card by heading.
        settings: by flag; a run is resumed with the same ones only.
        clip_norm: largest global norm of the gradient.
        periods: of the paper's schedule, (epochs, epochs between two divisions of the learning rate).
        validate_every: steps between two validations; None for the usual number.
        curriculum: what changes the batches after a validation.
    """

    objective: Objective
    batches: Batches
    validator: Callable[[keras.Model], Callable[[], Validation]]
    facts: Mapping[str, str]
    settings: Mapping[str, Any]
    clip_norm: float
    periods: tuple[int, int] = (300, 80)
    validate_every: int | None = None
    curriculum: Curriculum | None = None


def step_size_curves(model: keras.Model) -> dict[str, float]:
    """Return the mean step size of each update of z for TensorBoard; nothing where none is learned."""
    if not (isinstance(model, DLNet) and isinstance(model.update, GradientUpdate)):
        return {}
    sizes = np.asarray(model.update.step_sizes).mean(axis=1)
    return {f"step_size/update{k}": float(size) for k, size in enumerate(sizes)}


def _start(experiment: Experiment, fine_tuned: bool, checkpoint: str | None) -> keras.Model | None:
    """Return the backbone that training starts from, None for random weights."""
    if checkpoint == "none" or (checkpoint is None and not fine_tuned):
        return None
    if checkpoint is None and not experiment.checkpoint("reference").is_file():
        name = experiment.name("reference")
        raise UsageError(
            f"--checkpoint: found no reference network that ships, expected runs/train-{name}/{name}.keras, which "
            f"{experiment.training_command('reference')} makes, or none for random weights"
        )
    if checkpoint is None:
        return models.backbone_of(experiment.load_shipped("reference"))
    return models.backbone_of(experiment.load(pathlib.Path(checkpoint)))


def _check_targets(directory: pathlib.Path, name: str, log_dir: pathlib.Path, resume: bool) -> None:
    """Refuse to train over a run, or over a model of which no run is left that could be resumed."""
    state = directory / "state.npz"
    if state.exists() and not resume:
        raise UsageError(f"{directory}: holds a run already; --resume goes on with it, --output_dir takes another")
    for path in (directory / f"{name}.keras", directory / f"{name}.md"):
        if path.exists() and not state.exists():
            raise UsageError(f"{path}: found a model without the state of its run, expected another --output_dir")
    for path in (state, log_dir / "events"):
        check_target(path, overwrite=True)


def train_method(
    experiment: Experiment,
    method: str,
    options: Any,
    batch: int,
    fine_tuned: bool,
    prepare: Callable[[int], Lesson],
    precision: str = "mixed_bfloat16",
) -> None:
    """Train the model of one method and keep the best one, its card and the resumable state.

    Args:
        experiment: which network for which task.
        method: one of the experiment's.
        options: the parsed flags.
        batch: examples a step, where --batch_size is not given.
        fine_tuned: whether training starts from the reference network, where --checkpoint is not given.
        prepare: reads the data and gives the lesson for a batch size.
        precision: of g in training, where --precision is not given.

    Raises:
        UsageError: what the user can mend.
    """
    directory = pathlib.Path(options.output_dir or f"runs/train-{experiment.name(method)}")
    # The other workers of a run write nothing.
    alone = locked(directory) if is_chief(options.strategy) else contextlib.nullcontext()
    with lost_workers(), alone:
        name = experiment.name(method)
        log_dir = pathlib.Path(options.log_dir) if options.log_dir else directory / "logs"
        _check_targets(directory, name, log_dir, options.resume)
        # Bits that depend on the order in which threads finish would make a resumed run another run.
        tf.config.experimental.enable_op_determinism()
        keras.utils.set_random_seed(options.seed)
        strategy = make_strategy(options.strategy)
        batch = options.batch_size or batch
        if batch % strategy.num_replicas_in_sync:
            raise UsageError(f"--batch_size={batch}: expected a multiple of {strategy.num_replicas_in_sync} replicas")

        num_steps, precision = options.num_steps or 5, options.precision or precision
        step_size = experiment.step_size if options.step_size is None else options.step_size
        with strategy.scope():
            network = _start(experiment, fine_tuned, options.checkpoint)
            shipped = experiment.build(method, network, num_steps, step_size)
            model = models.with_precision(shipped, precision)
            # Reads images, which a wrong --checkpoint should not wait for; its objective may hold variables.
            lesson = prepare(batch)
            schedule: keras.optimizers.schedules.LearningRateSchedule
            if options.schedule == "paper":
                schedule = PaperSteps(options.learning_rate, options.train_steps, *lesson.periods)
            else:
                schedule = CosineDecay(options.learning_rate, options.train_steps, min(200, options.train_steps // 10))
            optimizer = keras.optimizers.Adam(schedule)

        def recalibrate(step: int) -> None:
            if is_due(step):
                model.calibrate()

        command = [arg for arg in sys.argv[1:] if arg.lstrip("-").partition("=")[0] not in ("resume", "noresume")]
        facts = dict(lesson.facts) | {
            "Start": "random weights" if network is None else options.checkpoint or "the reference network",
            "Schedule": f"{options.schedule}, Adam {options.learning_rate:g}, seed {options.seed}",
            "Precision": f"g {precision}, z and h float32; saved in float32",
            "Command": f"`{shlex.join(['python', os.path.basename(sys.argv[0]), *command])}`",
        }
        settings = dict(lesson.settings) | {
            "checkpoint": facts["Start"],
            "batch_size": batch,
            "precision": precision,
            "num_steps": num_steps,
            "step_size": step_size,
            "learning_rate": options.learning_rate,
            "schedule": options.schedule,
            "seed": options.seed,
        }
        plan = Plan(
            name=name,
            directory=directory,
            total_steps=options.train_steps,
            global_batch=batch,
            clip_norm=lesson.clip_norm,
            log_dir=log_dir,
            facts=facts,
            settings=settings,
            **({"validate_every": lesson.validate_every} if lesson.validate_every else {}),
        )
        train(
            model,
            shipped,
            optimizer,
            lesson.objective,
            lesson.batches,
            lesson.validator(shipped),
            plan,
            strategy,
            options.resume,
            recalibrate if network is None and RULES.get(method) is GradientUpdate else None,
            lesson.curriculum,
        )
