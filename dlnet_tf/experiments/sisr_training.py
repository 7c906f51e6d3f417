"""Training a super-resolution model: data, degradation, loss and validation put together."""

from __future__ import annotations

import os
import pathlib
import sys
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf import models
from dlnet_tf.data.folder import load_luminance
from dlnet_tf.data.patches import PatchSource, rescaled
from dlnet_tf.data.pipeline import corrupted_batches
from dlnet_tf.degradations.samplers import sample_blur_width
from dlnet_tf.errors import UsageError
from dlnet_tf.evaluation import super_resolution as protocol
from dlnet_tf.experiments.super_resolution import METHODS, SuperResolution
from dlnet_tf.files import check_target
from dlnet_tf.likelihood import DLNet, GradientUpdate
from dlnet_tf.likelihood.recalibration import is_due
from dlnet_tf.objectives import reconstruction
from dlnet_tf.restoration import Restorer
from dlnet_tf.training.loop import train
from dlnet_tf.training.plan import Plan, Validation
from dlnet_tf.training.schedules import CosineDecay, PaperSteps
from dlnet_tf.training.strategies import make_strategy

LEVELS = (0.0, 1.3, 2.6)
TRAINING_FOLDERS = ("T91", "BSDS400")
# Every 40th image of the largest training folder is held out, and its middle is what validation sees.
HELD_OUT_EVERY = 40
VALIDATION_SIDE = 240
# Several times the usual norm of the gradient of half the squared error summed over a patch.
CLIP_NORM = 20.0


def training_images(data_dir: pathlib.Path) -> tuple[list[np.ndarray], list[np.ndarray], list[str]]:
    """Read the training folders and hold images out for validation.

    Args:
        data_dir: holds the folders T91 and BSDS400, or any other images, which are then taken themselves.

    Returns:
        (training images, held-out images, folder names); uint8 luminance [H, W] each.

    Raises:
        UsageError: no images, or broken ones.
    """
    folders = [data_dir / name for name in TRAINING_FOLDERS if (data_dir / name).is_dir()] or [data_dir]
    sets = [load_luminance(folder) for folder in folders]
    largest = max(sets, key=len)
    held_out = largest[::HELD_OUT_EVERY]
    kept = [image for index, image in enumerate(largest) if index % HELD_OUT_EVERY]
    kept += [image for images in sets if images is not largest for image in images]
    if not kept:
        raise UsageError(f"{data_dir}: found {len(largest)} image, expected at least 2: one is held out")
    return kept, held_out, [folder.name for folder in folders]


def _validator(experiment: SuperResolution, held_out: list[np.ndarray], levels: tuple[float, ...]) -> Any:
    middles = []
    for index, image in enumerate(held_out):
        top, left = (max(0, (side - VALIDATION_SIDE) // 2) for side in image.shape)
        middle = image[top : top + VALIDATION_SIDE, left : left + VALIDATION_SIDE]
        middles.append((f"held out {index}", middle))
    pairs = {u: protocol.make_pairs(middles, experiment.scale, u) for u in levels}
    restorers: dict[int, Restorer] = {}

    def validate(model: keras.Model) -> Validation:
        restorer = restorers.setdefault(id(model), Restorer(model))
        psnr: dict[str, float] = {}
        curves: dict[str, float] = {}
        pictures: dict[str, np.ndarray] = {}
        for u in levels:
            scores = protocol.evaluate(restorer, pairs[u])
            psnr[f"u={u:g}"] = float(np.mean([score.psnr for score in scores]))
            first = pairs[u][0]
            restored, fidelity = restorer.with_fidelity(first.degraded, np.array([u], np.float32))
            if fidelity is not None:
                curves |= {f"fidelity_u{u:g}/step{k}": float(value) for k, value in enumerate(fidelity[:, 0])}
            bicubic = protocol.bicubic(experiment.scale)(first.degraded, np.array([u]))
            panel = [bicubic[0], restored[0], first.clean[..., None] / 255.0]
            pictures[f"bicubic_restored_truth/u{u:g}"] = np.clip(np.concatenate(panel, axis=1), 0, 1)
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
    if (directory / "state.npz").exists() and not options.resume:
        raise UsageError(f"{directory}: holds a run already; --resume goes on with it, --output_dir takes another")
    log_dir = pathlib.Path(options.log_dir) if options.log_dir else directory / "logs"
    for path in (directory / "state.npz", log_dir / "events"):
        check_target(path, overwrite=True)
    # Bits that depend on the order in which threads finish would make a resumed run another run.
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(options.seed)
    strategy = make_strategy(options.strategy)
    batch = options.batch_size or method.batch
    if batch % strategy.num_replicas_in_sync:
        raise UsageError(f"--batch_size={batch}: expected a multiple of {strategy.num_replicas_in_sync} replicas")

    with strategy.scope():
        network = _start(experiment, name, options.checkpoint)
        step_size = 1e-3 if options.step_size is None else options.step_size
        shipped = experiment.build(name, network, options.num_steps or 5, step_size)
        model = models.with_precision(shipped, options.precision or "mixed_bfloat16")
        schedule: keras.optimizers.schedules.LearningRateSchedule
        if options.schedule == "paper":
            schedule = PaperSteps(options.learning_rate, options.train_steps)
        else:
            schedule = CosineDecay(options.learning_rate, options.train_steps, warmup_steps=200)
        optimizer = keras.optimizers.Adam(schedule)

    images, held_out, folders = training_images(pathlib.Path(options.data_dir))
    source = PatchSource(rescaled(images), method.patch * experiment.scale)
    degradation = experiment.degradation

    def corrupt(seed: Any, clean: Any) -> dict[str, Any]:
        blur_width = sample_blur_width(seed, clean.shape[0], *method.blur_widths)
        return {"degraded": degradation(clean, {"blur_width": blur_width}), "blur_width": blur_width}

    def batches(first: int, last: int, context: tf.distribute.InputContext | None) -> tf.data.Dataset:
        return corrupted_batches(source.sample, corrupt, batch, options.seed, first, last, context)

    def recalibrate(step: int) -> None:
        if is_due(step):
            model.calibrate()

    def objective(restored: Any, clean: Any, inputs: dict[str, Any]) -> Any:
        return reconstruction(restored, clean)

    facts = {
        "Data": f"{', '.join(folders)}: {len(images)} images, each at five sizes; {len(held_out)} images held out",
        "Patches": f"{batch} a step, {method.patch} x {method.patch} degraded pixels",
        "Blur widths": "u = 0" if method.blur_widths[1] == 0 else "u ~ U[{:g}, {:g}]".format(*method.blur_widths),
        "Start": "random weights" if network is None else options.checkpoint or "the reference network",
        "Schedule": f"{options.schedule}, Adam {options.learning_rate:g}, seed {options.seed}",
        "Precision": f"g {options.precision or 'mixed_bfloat16'}, z and h float32; saved in float32",
        "Command": f"`{' '.join(['python', os.path.basename(sys.argv[0]), *sys.argv[1:]])}`",
    }
    plan = Plan(
        name=experiment.name(name),
        directory=directory,
        total_steps=options.train_steps,
        global_batch=batch,
        clip_norm=CLIP_NORM,
        log_dir=log_dir,
        facts=facts,
    )
    levels = LEVELS if method.blur_widths[1] > 0 else (0.0,)
    train(
        model, shipped, optimizer, objective, batches, _validator(experiment, held_out, levels), plan, strategy,
        options.resume, recalibrate if network is None and name == "dlnet_gradient" else None,
    )  # fmt: skip
