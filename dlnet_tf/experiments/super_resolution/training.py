"""Training a super-resolution model: data, degradation, loss and validation put together."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from dlnet_tf.data.middle import middle
from dlnet_tf.data.patches import RESCALINGS, PatchSampler, affordable, rescaled
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.evaluation.super_resolution_protocol import SRPair
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.patch_lesson import PatchLesson, patches_of, tag, validation_levels
from dlnet_tf.experiments.super_resolution.photographs import training_images
from dlnet_tf.experiments.training import method_of, train_method
from dlnet_tf.keras_models.description import step_size_curves
from dlnet_tf.objectives import Objective
from dlnet_tf.options import TrainOptions
from dlnet_tf.restoration import Restorer
from dlnet_tf.restoration.recorder import Recorder
from dlnet_tf.tasks import TASKS
from dlnet_tf.validation import Validation, fidelity_curves, mean_psnr


class PhotographPatches(PatchLesson):
    """Patches of photographs at several sizes, blurred and reduced, as a method takes them.

    Args:
        experiment: backbone and scale.
        name: name of the method.
        options: where the photographs are, and the seed.
        batch_size: patches a step.

    Raises:
        UsageError: no photographs, or ones that cannot be used.
    """

    def __init__(self, experiment: SuperResolution, name: str, options: TrainOptions, batch_size: int) -> None:
        levels, patches = TASKS[experiment.task].levels_of(name), patches_of(name)
        images, self._held_out, folders = training_images(pathlib.Path(options.data_dir), experiment.scale)
        factors = affordable(images)
        if len(factors) < len(RESCALINGS):
            print(f"{options.data_dir}: too large for rescaled copies in memory, each image is taken at one size")
        self._levels = validation_levels(levels)
        self.objective = Objective()
        sizes = "five sizes" if len(factors) > 1 else "one size"
        super().__init__(
            experiment,
            name,
            PatchSampler(rescaled(images, factors), patches.side * experiment.scale),
            f"{', '.join(folders)}: {len(images)} images, each at {sizes}; {len(self._held_out)} images held out",
            f"{patches.side} x {patches.side} degraded pixels",
            options.seed,
            batch_size,
        )

    def validator(self, model: keras.Model) -> Callable[[], Validation]:
        """Restore the middles of the photographs that were held out, at each blur width and noise."""
        held_out = [(name, middle(image)) for name, image in self._held_out]
        pairs = {name: protocol.make_pairs(held_out, self._scale, *level) for name, level in self._levels.items()}
        return functools.partial(_validate, Restorer(model), pairs)


def _validate(restorer: Restorer, pairs: Mapping[str, Sequence[SRPair]]) -> Validation:
    """Score the test cases of every level; curves and pictures are of the first one."""
    psnr: dict[str, float] = {}
    curves: dict[str, float] = {}
    pictures: dict[str, np.ndarray] = {}
    for level, cases in pairs.items():
        recorder = Recorder(restorer)
        scores = protocol.evaluate(recorder, cases)
        psnr[level] = mean_psnr(score.psnr for score in scores)
        if recorder.fidelities:
            curves |= fidelity_curves(tag(level), recorder.fidelities[0][:, 0])
        (bicubic,) = protocol.evaluate(protocol.bicubic(cases[0].scale), cases[:1])
        panel = bicubic.restored, scores[0].restored, cases[0].clean
        pictures[f"bicubic_restored_truth/{tag(level)}"] = np.concatenate(panel, axis=1)[..., None] / 255
    return Validation(psnr, curves | step_size_curves(restorer.model), pictures)


def train_model(experiment: SuperResolution, options: TrainOptions) -> None:
    """Train the model of one method and keep the best one, its card and the resumable state.

    Args:
        experiment: backbone and scale.
        options: how, and where the run is kept.

    Raises:
        UsageError: a flag or a file is wrong.
    """
    name = method_of(experiment, options)
    lesson = functools.partial(PhotographPatches, experiment, name, options)
    train_method(experiment, name, options, patches_of(name).batch_size, lesson)
