"""Training a super-resolution model: data, degradation, loss and validation put together."""

from __future__ import annotations

import os
import pathlib
import shlex
import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf import models
from dlnet_tf.data.patches import RESCALINGS, PatchSource, affordable, rescaled
from dlnet_tf.data.pipeline import Corruption, corrupted_batches
from dlnet_tf.degradations.samplers import sample_blur_width
from dlnet_tf.errors import UsageError
from dlnet_tf.evaluation import super_resolution as protocol
from dlnet_tf.experiments.sisr_photographs import Photograph, middle, training_images
from dlnet_tf.experiments.super_resolution import LEVELS, METHODS, Method, SuperResolution
from dlnet_tf.files import check_target
from dlnet_tf.likelihood import DLNet, GradientUpdate
from dlnet_tf.likelihood.recalibration import is_due
from dlnet_tf.objectives import reconstruction
from dlnet_tf.restoration import Restorer
from dlnet_tf.training.loop import train
from dlnet_tf.training.plan import Plan, Validation
from dlnet_tf.training.schedules import CosineDecay, PaperSteps
from dlnet_tf.training.strategies import make_strategy

# Several times the usual norm of the gradient of half the squared error summed over a patch.
CLIP_NORM = 20.0


def corruption(experiment: SuperResolution, method: Method) -> Corruption:
    """Return what makes a method's inputs of clean patches: Eq. 1 with u drawn from the method's range."""
    degradation = experiment.degradation

    def corrupt(seed: Any, clean: Any) -> dict[str, Any]:
        blur_width = sample_blur_width(seed, clean.shape[0], *method.blur_widths)
        return {"degraded": degradation(clean, {"blur_width": blur_width}), "blur_width": blur_width}

    return corrupt


def objective(model: keras.Model, inputs: dict[str, Any], clean: Any) -> Any:
    """Return the loss [B] of what a backbone or a DL-Net makes of a batch."""
    return reconstruction(model(models.pick_inputs(model, inputs), training=True), clean)


def _validator(
    scale: int, model: keras.Model, held_out: list[Photograph], levels: tuple[float, ...]
) -> Callable[[], Validation]:
    restorer, bicubic = Restorer(model), protocol.bicubic(scale)
    pairs = {u: protocol.make_pairs([middle(*photograph) for photograph in held_out], scale, u) for u in levels}
    fidelities: list[np.ndarray | None] = []

    def restore(degraded: np.ndarray, blur_width: np.ndarray) -> np.ndarray:
        restored, fidelity = restorer.with_fidelity(degraded, blur_width)
        fidelities.append(fidelity)
        return restored

    def validate() -> Validation:
        psnr: dict[str, float] = {}
        curves: dict[str, float] = {}
        pictures: dict[str, np.ndarray] = {}
        for u in levels:
            fidelities.clear()
            scores = protocol.evaluate(restore, pairs[u])
            psnr[f"u={u:g}"] = float(np.mean([score.psnr for score in scores]))
            if fidelities[0] is not None:
                curves |= {f"fidelity_u{u:g}/step{k}": float(value) for k, value in enumerate(fidelities[0][:, 0])}
            first = pairs[u][0]
            upscaled = 255 * bicubic(first.degraded, np.array([u]))[0, :, :, 0]
            panel = np.concatenate([upscaled, scores[0].restored, first.clean], axis=1) / 255
            pictures[f"bicubic_restored_truth/u{u:g}"] = np.clip(panel, 0, 1)[..., None]
        if isinstance(model, DLNet) and isinstance(model.update, GradientUpdate):
            sizes = np.asarray(model.update.step_sizes).mean(axis=1)
            curves |= {f"step_size/update{k}": float(value) for k, value in enumerate(sizes)}
        return Validation(psnr, curves, pictures)

    return validate


def _start(experiment: SuperResolution, method: str, checkpoint: str | None) -> keras.Model | None:
    """Return the backbone that training starts from, None for random weights."""
    if checkpoint == "none" or (checkpoint is None and not METHODS[method].fine_tuned):
        return None
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


def train_model(experiment: SuperResolution, options: Any) -> None:
    """Train the model of one method and keep the best one, its card and the resumable state.

    Args:
        experiment: backbone and scale.
        options: the parsed flags.

    Raises:
        UsageError: what the user can mend.
    """
    name = options.method or "dlnet"
    method = METHODS[name]
    directory = pathlib.Path(options.output_dir or f"runs/train-{experiment.name(name)}")
    log_dir = pathlib.Path(options.log_dir) if options.log_dir else directory / "logs"
    _check_targets(directory, experiment.name(name), log_dir, options.resume)
    # Bits that depend on the order in which threads finish would make a resumed run another run.
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(options.seed)
    strategy = make_strategy(options.strategy)
    batch = options.batch_size or method.batch
    if batch % strategy.num_replicas_in_sync:
        raise UsageError(f"--batch_size={batch}: expected a multiple of {strategy.num_replicas_in_sync} replicas")

    num_steps, precision = options.num_steps or 5, options.precision or "mixed_bfloat16"
    step_size = 1e-3 if options.step_size is None else options.step_size
    with strategy.scope():
        network = _start(experiment, name, options.checkpoint)
        shipped = experiment.build(name, network, num_steps, step_size)
        model = models.with_precision(shipped, precision)
        schedule: keras.optimizers.schedules.LearningRateSchedule
        if options.schedule == "paper":
            schedule = PaperSteps(options.learning_rate, options.train_steps)
        else:
            schedule = CosineDecay(options.learning_rate, options.train_steps, warmup_steps=200)
        optimizer = keras.optimizers.Adam(schedule)

    images, held_out, folders = training_images(pathlib.Path(options.data_dir), experiment.scale)
    factors = affordable(images)
    if len(factors) < len(RESCALINGS):
        print(f"{options.data_dir}: too large for rescaled copies in memory, each image is taken at one size")
    source = PatchSource(rescaled(images, factors), method.patch * experiment.scale)
    corrupt = corruption(experiment, method)

    def batches(first: int, last: int, context: tf.distribute.InputContext | None) -> tf.data.Dataset:
        return corrupted_batches(source.sample, corrupt, batch, options.seed, first, last, context)

    def recalibrate(step: int) -> None:
        if is_due(step):
            model.calibrate()

    sizes = "five sizes" if len(factors) > 1 else "one size"
    command = [arg for arg in sys.argv[1:] if arg.lstrip("-").partition("=")[0] not in ("resume", "noresume")]
    facts = {
        "Data": f"{', '.join(folders)}: {len(images)} images, each at {sizes}; {len(held_out)} images held out",
        "Patches": f"{batch} a step, {method.patch} x {method.patch} degraded pixels",
        "Blur widths": "u = 0" if method.blur_widths[1] == 0 else "u ~ U[{:g}, {:g}]".format(*method.blur_widths),
        "Start": "random weights" if network is None else options.checkpoint or "the reference network",
        "Schedule": f"{options.schedule}, Adam {options.learning_rate:g}, seed {options.seed}",
        "Precision": f"g {precision}, z and h float32; saved in float32",
        "Command": f"`{shlex.join(['python', os.path.basename(sys.argv[0]), *command])}`",
    }
    settings = {
        "backbone": experiment.backbone,
        "scale": experiment.scale,
        "method": f"{name}, {method.patch} x {method.patch} degraded pixels, {facts['Blur widths']}",
        "data_dir": facts["Data"],
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
        name=experiment.name(name),
        directory=directory,
        total_steps=options.train_steps,
        global_batch=batch,
        clip_norm=CLIP_NORM,
        log_dir=log_dir,
        facts=facts,
        settings=settings,
    )
    levels = LEVELS if method.blur_widths[1] > 0 else (0.0,)
    train(
        model, shipped, optimizer, objective, batches,
        _validator(experiment.scale, shipped, held_out, levels), plan, strategy, options.resume,
        recalibrate if network is None and name == "dlnet_gradient" else None,
    )  # fmt: skip
