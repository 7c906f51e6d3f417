"""Training one method of an experiment: models, optimizer, schedule and the folder of the run, put together once."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import pathlib
from collections.abc import Callable

import keras
import tensorflow as tf

from dlnet_tf import keras_models
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.checkpoints import file_of
from dlnet_tf.experiments.experiment import NUM_STEPS, Experiment
from dlnet_tf.keras_models.description import description
from dlnet_tf.likelihood.plain_network import described
from dlnet_tf.likelihood.recalibration import recalibrate
from dlnet_tf.likelihood.rules import has_step_size
from dlnet_tf.likelihood.succession import take_over
from dlnet_tf.methods import DEFAULT_METHOD, METHODS
from dlnet_tf.options import TrainOptions
from dlnet_tf.tasks import TASKS
from dlnet_tf.training.faster import for_training
from dlnet_tf.training.lesson import Lesson
from dlnet_tf.training.lock import locked
from dlnet_tf.training.plan import Plan
from dlnet_tf.training.precision import WORTH, faster_precision
from dlnet_tf.training.run import Run
from dlnet_tf.training.run_files import RunFiles
from dlnet_tf.training.schedules import make_schedule
from dlnet_tf.training.state import read_notes
from dlnet_tf.training.strategies import is_chief, lost_workers, make_strategy

# What a card says of a run that starts from no network.
RANDOM = "random weights"


@dataclasses.dataclass(frozen=True)
class _Chosen:
    """What a run takes where its options may leave it open, by the names of their flags.

    Attributes:
        checkpoint: what training starts from.
        batch_size: examples a step.
        num_steps: K of a DL-Net.
        step_size: gamma of the Adam rule.
    """

    checkpoint: str
    batch_size: int
    num_steps: int
    step_size: float


def method_of(experiment: Experiment, options: TrainOptions) -> str:
    """Return the method that is trained.

    Raises:
        UsageError: it needs no training, or has no gamma that --step_size could set.
    """
    method = options.method or DEFAULT_METHOD
    if METHODS[method].network_of:
        raise UsageError(
            f"--method={method}: found with --mode=train, expected another one: this one needs no training"
        )
    if options.step_size is not None and not has_step_size(METHODS[method].rule):
        others = [name for name in experiment.methods if has_step_size(METHODS[name].rule)]
        raise UsageError(
            f"--step_size={options.step_size:g}: found with {method}, expected --method={' or '.join(others)}"
        )
    return method


def _is_random(method: str, checkpoint: str | None) -> bool:
    """Return whether training starts from random weights."""
    return checkpoint == "none" or (checkpoint is None and not METHODS[method].fine_tuned)


def _choose(
    experiment: Experiment, method: str, options: TrainOptions, batch_size: int, strategy: tf.distribute.Strategy
) -> _Chosen:
    """Settle what the options leave open."""
    batch_size = options.batch_size or batch_size
    if batch_size % strategy.num_replicas_in_sync:
        raise UsageError(f"--batch_size={batch_size}: expected a multiple of {strategy.num_replicas_in_sync} replicas")
    return _Chosen(
        checkpoint=RANDOM if _is_random(method, options.checkpoint) else options.checkpoint or "the reference network",
        batch_size=batch_size,
        num_steps=options.num_steps or NUM_STEPS,
        step_size=TASKS[experiment.task].step_size if options.step_size is None else options.step_size,
    )


def _start(experiment: Experiment, method: str, checkpoint: str | None) -> keras.Model | None:
    """Return the model that training starts from, None for random weights."""
    if _is_random(method, checkpoint):
        return None
    if checkpoint is not None:
        return experiment.load_start(file_of(experiment, checkpoint))
    if not experiment.checkpoint("reference").is_file():
        name = experiment.name("reference")
        raise UsageError(
            f"--checkpoint: found no reference network that ships, expected runs/train-{name}/{name}.keras, which "
            f"{experiment.training_command('reference')} makes, or none for random weights"
        )
    return experiment.load_shipped("reference")


def _build(experiment: Experiment, method: str, source: keras.Model | None, chosen: _Chosen) -> keras.Model:
    """Build the model in float32, with what it can take from the one that it starts from."""
    network = keras_models.backbone_of(source) if source else None
    model = experiment.build(method, network, chosen.num_steps, chosen.step_size)
    if source:
        take_over(model, source)
    return model


def _is_timed(options: TrainOptions) -> bool:
    """Return whether the precision is the one that trains faster."""
    return options.precision == "auto" or (options.precision is None and options.train_steps >= WORTH)


def _precision(
    options: TrainOptions,
    usual: str,
    state: pathlib.Path,
    shipped: keras.Model,
    lesson: Lesson,
    batch_size: int,
    strategy: tf.distribute.Strategy,
) -> str:
    """Return the precision of g: as given, as the run that is resumed has it, the faster one, or the usual one."""
    of_run = read_notes(state).get("settings", {}).get("precision") if options.resume else None
    if options.precision in (None, "auto") and of_run:
        return str(of_run)
    if _is_timed(options):
        return faster_precision(shipped, lesson, batch_size, strategy)
    return options.precision or usual


def _plan(
    files: RunFiles,
    log_dir: pathlib.Path,
    options: TrainOptions,
    lesson: Lesson,
    chosen: _Chosen,
    precision: str,
    in_words: str,
) -> Plan:
    """Put together how long and where, and what the card and a resumed run are told."""
    how = " (the faster one where the run began)" if _is_timed(options) else ""
    facts = dict(lesson.facts) | {
        "Model": in_words,
        "Start": chosen.checkpoint,
        "Schedule": f"{options.schedule}, Adam {options.learning_rate:g}, seed {options.seed}",
        "Precision": f"g {precision}{how}, z and h float32; saved in float32",
        "Command": f"`{options.command}`",
    }
    if options.average:
        facts["Average"] = f"of the weights, with a decay of {options.average:g} a step"
    own = {
        "precision": precision,
        "average": options.average,
        "learning_rate": options.learning_rate,
        "schedule": options.schedule,
        "seed": options.seed,
    }
    return Plan(
        files=files,
        total_steps=options.train_steps,
        batch_size=chosen.batch_size,
        average=options.average,
        fine_tuned=chosen.checkpoint != RANDOM,
        log_dir=log_dir,
        facts=facts,
        settings={**lesson.settings, **dataclasses.asdict(chosen), **own},
    )


def train_method(
    experiment: Experiment,
    method: str,
    options: TrainOptions,
    batch_size: int,
    prepare: Callable[[int], Lesson],
    precision: str = "mixed_bfloat16",
) -> None:
    """Train the model of one method and keep the best one, its card and the resumable state.

    Args:
        experiment: which network for which task.
        method: one of the experiment's, as `method_of` returns it.
        options: how, and where the run is kept.
        batch_size: examples a step, where the options leave it open.
        prepare: reads the data and gives the lesson for a batch size.
        precision: precision of g in runs that are too short to time it, where the options leave it open.

    Raises:
        UsageError: a flag or a file is wrong.
    """
    name = experiment.name(method)
    files = RunFiles(options.output_dir or pathlib.Path(f"runs/train-{name}"), name)
    log_dir = options.log_dir or files.logs
    # The other workers of a run write nothing.
    alone = locked(files.directory) if is_chief(options.strategy) else contextlib.nullcontext()
    with lost_workers(), alone:
        files.check(log_dir, options.resume)
        # Bits that depend on the order in which threads finish would make a resumed run another run.
        tf.config.experimental.enable_op_determinism()
        keras.utils.set_random_seed(options.seed)
        strategy = make_strategy(options.strategy)
        chosen = _choose(experiment, method, options, batch_size, strategy)
        with strategy.scope():
            shipped = _build(experiment, method, _start(experiment, method, options.checkpoint), chosen)
            # Reads images, which a wrong --checkpoint should not wait for; its objective may hold variables.
            lesson = prepare(chosen.batch_size)
        precision = _precision(options, precision, files.state, shipped, lesson, chosen.batch_size, strategy)
        with strategy.scope():
            model = for_training(shipped, precision)
            optimizer = keras.optimizers.Adam(
                make_schedule(options.schedule, options.learning_rate, options.train_steps, lesson.periods)
            )
        plan = _plan(files, log_dir, options, lesson, chosen, precision, description(shipped))
        calibrated = not plan.fine_tuned and described(shipped).update.calibrated
        after_step = functools.partial(recalibrate, model) if calibrated else lambda step: None
        Run(model, shipped, optimizer, lesson, plan, strategy, after_step).train(options.resume)
