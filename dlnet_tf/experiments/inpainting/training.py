"""Training an inpainting or interpolation model: images, masks, objective and validation put together."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from collections.abc import Callable, Mapping

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf.data.datasets import Splits, load_dataset
from dlnet_tf.data.pipeline import corrupted_batches
from dlnet_tf.data.whole_images import WholeImages
from dlnet_tf.errors import UsageError
from dlnet_tf.evaluation.metrics import psnr, to_eight_bit
from dlnet_tf.experiments.checkpoints import file_of
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.experiments.inpainting.masks import by_quota, corruption, drawn, validation_levels
from dlnet_tf.experiments.inpainting.objectives import check_training_flags, objective_of
from dlnet_tf.experiments.inpainting.options import InpaintingTraining
from dlnet_tf.experiments.training import method_of, train_method
from dlnet_tf.keras_models.description import step_size_curves
from dlnet_tf.objectives import NaiveLikelihood
from dlnet_tf.restoration import Restorer
from dlnet_tf.restoration.recorder import Recorder
from dlnet_tf.tasks import TASKS
from dlnet_tf.training.lesson import Lesson
from dlnet_tf.training.on_demand import OnDemand
from dlnet_tf.validation import Validation, fidelity_curves, mean_psnr

BATCH = 100
# Above the usual norms; reached by the first steps from random weights, and where a variance of multi-task is tiny.
CLIP_NORM = 1e4
# Epochs in the paper's schedule, and between two of its divisions; the ratio is the same for one level and for many.
PERIODS = (500, 200)
VALIDATION_IMAGES = 200
TERMS = "CelebA, SUN397 and Places are published for research use; that holds for a model trained on them, too"


class Masked(Lesson):
    """Whole images with masks, as a method takes them.

    Args:
        experiment: task and architecture.
        name: name of the method.
        options: holes, loss and seed.
        splits: images to train on, and others to validate on.
        batch_size: images a step.
    """

    clip_norm = CLIP_NORM
    periods = PERIODS

    def __init__(
        self, experiment: Inpainting, name: str, options: InpaintingTraining, splits: Splits, batch_size: int
    ) -> None:
        assert splits.train is not None and splits.validation is not None  # as `train_model` has found
        self._experiment = experiment
        levels = TASKS[experiment.task].levels_of(name)
        self._batch_size, self._seed = batch_size, options.seed
        self._levels, words = validation_levels(experiment, levels, options.holes)
        self._draw, self._max_shift = drawn(experiment, levels, options.holes), levels.max_shift
        self._sampler = WholeImages(splits.train)
        self._held_out = np.ascontiguousarray(splits.validation[:: -(-len(splits.validation) // VALIDATION_IMAGES)])
        self.curriculum = OnDemand(batch_size, len(self._levels)) if name == "on_demand" else None
        self.validate_every = min(500, max(50, options.train_steps // 8))
        self.objective = objective_of(experiment, name, options)

        data = f"{splits.description}; validated on {len(self._held_out)} others"
        images = f"{batch_size} a step, drawn with replacement, half of them mirrored"
        self.facts = {"Data": data, "Terms": TERMS, "Images": images, "Levels": words}
        self.settings = {
            "task": experiment.task,
            "arch": experiment.kind,
            "method": f"{name}, {words}",
            "data_dir": data,
            "likelihood_weight": self.objective.weight if isinstance(self.objective, NaiveLikelihood) else None,
            "boundary": options.boundary,
            "adversarial_weight": options.adversarial_weight,
        }

    def batches(self, first: int, last: int, context: tf.distribute.InputContext | None = None) -> tf.data.Dataset:
        """Draw images and masks, these by the quotas of a curriculum where there is one."""
        draw = self._draw
        if self.curriculum:
            draw = by_quota(self._experiment, self._max_shift, self.curriculum.state)
        corrupt = corruption(self._experiment, draw)
        return corrupted_batches(self._sampler.sample, corrupt, self._batch_size, self._seed, first, last, context)

    def validator(self, model: keras.Model) -> Callable[[], Validation]:
        """Restore the images that were held out, at each level."""
        clean = tf.constant(self._held_out.astype(np.float32) / 255.0)
        inputs = {}
        for number, (label, draw) in enumerate(self._levels.items()):
            # The same masks at every validation of every method and run.
            corrupted = corruption(self._experiment, draw)(tf.constant([number, 0x5EED]), clean)
            inputs[label] = {name: value.numpy() for name, value in corrupted.items() if name != "level"}
        return functools.partial(_validate, Restorer(model), self._held_out, inputs)


def _validate(restorer: Restorer, images: np.ndarray, inputs: Mapping[str, Mapping[str, np.ndarray]]) -> Validation:
    """Restore the inputs of every level, and compare them with the images; pictures are of the first one."""
    found: dict[str, float] = {}
    curves: dict[str, float] = {}
    pictures: dict[str, np.ndarray] = {}
    for label, corrupted in inputs.items():
        recorder = Recorder(restorer)
        parts = [
            recorder(**{name: value[first : first + BATCH] for name, value in corrupted.items()})
            for first in range(0, len(images), BATCH)
        ]
        restored = to_eight_bit(np.concatenate(parts))
        found[label] = mean_psnr(psnr(restored, images))
        curves |= fidelity_curves(label, recorder.mean())
        panel = np.concatenate([corrupted["degraded"][0], restored[0] / 255.0, images[0] / 255.0], axis=1)
        pictures[f"degraded_restored_truth/{label}"] = np.clip(panel, 0, 1)
    return Validation(found, curves | step_size_curves(restorer.model), pictures)


def train_model(experiment: Inpainting, options: InpaintingTraining) -> None:
    """Train the model of one method and keep the best one, its card and the resumable state.

    Args:
        experiment: task and architecture; the data set gives the name of what it is trained on.
        options: how, on what, and where the run is kept.

    Raises:
        UsageError: a flag or a file is wrong.
    """
    name = method_of(experiment, options)
    if name not in experiment.methods:
        raise UsageError(f"--method={name}: found --task={experiment.task}, expected {', '.join(experiment.methods)}")
    check_training_flags(experiment, name, options)
    if options.checkpoint not in (None, "none") and not file_of(experiment, options.checkpoint).is_file():
        # Before images are read, which can take long.
        raise UsageError(f"--checkpoint={options.checkpoint}: no such file, expected a .keras checkpoint")
    splits = load_dataset(options.dataset or "celeba", pathlib.Path(options.data_dir))
    experiment = dataclasses.replace(experiment, weights=splits.name)
    if splits.train is None or splits.validation is None:
        raise UsageError(f"{options.data_dir}: found {splits.description}, expected images to train on")
    lesson = functools.partial(Masked, experiment, name, options, splits)
    # What ships was trained in float32; bfloat16 is faster on some processors and slower on others.
    train_method(experiment, name, options, BATCH, lesson, precision="float32")
