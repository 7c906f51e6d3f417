"""Training a video model: triplets of frames, degradation, loss and validation put together."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf.data.patches import affordable, rescaled
from dlnet_tf.data.training_clips import training_clips
from dlnet_tf.data.triplets import LENGTH, TripletSampler, take_apart
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.evaluation.super_resolution_protocol import Score
from dlnet_tf.evaluation.video_protocol import ClipCase, make_cases
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.patch_lesson import Patches, PatchLesson, tag, validation_levels
from dlnet_tf.experiments.training import method_of, train_method
from dlnet_tf.keras_models.description import step_size_curves
from dlnet_tf.methods import METHODS
from dlnet_tf.objectives import MotionObjective, Objective
from dlnet_tf.options import TrainOptions
from dlnet_tf.restoration import Restorer
from dlnet_tf.tasks import TASKS
from dlnet_tf.validation import Validation, mean_psnr

# Every method takes large patches, so that moving objects stay inside.
PATCH = Patches(side=40, batch_size=8)
MIDDLE = LENGTH // 2


class Clips(PatchLesson):
    """Patches of three frames at several sizes, blurred alike and reduced, as a method takes them.

    The network of one blur width is trained with the terms of its motion; those that start from it are not.

    Args:
        experiment: backbone and scale.
        name: name of the method.
        options: where the clips are, and the seed.
        batch_size: patches a step.

    Raises:
        UsageError: no clips, or ones that cannot be used.
    """

    def __init__(self, experiment: SuperResolution, name: str, options: TrainOptions, batch_size: int) -> None:
        levels = TASKS[experiment.task].levels_of(name)
        clips, self._held_out, data = training_clips(pathlib.Path(options.data_dir))
        sizes = [np.stack(rescaled(list(clip), (factor,))) for clip in clips for factor in affordable(clips)]
        sampler = TripletSampler(sizes, PATCH.side * experiment.scale)
        self._levels = validation_levels(levels)
        self.objective = Objective() if METHODS[name].fine_tuned else MotionObjective()
        patch = f"{LENGTH} frames of {PATCH.side} x {PATCH.side} degraded pixels"
        super().__init__(experiment, name, sampler, data, patch, options.seed, batch_size)

    def batches(self, first: int, last: int, context: tf.distribute.InputContext | None = None) -> tf.data.Dataset:
        """Draw patches and blur widths, one width for the three frames."""
        return super().batches(first, last, context).map(tf.autograph.experimental.do_not_convert(take_apart))

    def validator(self, model: keras.Model) -> Callable[[], Validation]:
        """Restore the middle frames of the clips that were held out, at each blur width and noise."""
        levels = {name: make_cases(self._held_out, self._scale, *level) for name, level in self._levels.items()}
        return functools.partial(_validate, Restorer(model), levels)


def _validate(restorer: Restorer, levels: Mapping[str, Sequence[ClipCase]]) -> Validation:
    """Score the middle frames of the clips of every level; pictures are of the first one."""
    psnr: dict[str, float] = {}
    pictures: dict[str, np.ndarray] = {}
    for level, cases in levels.items():
        scores = [_middle_score(restorer, case) for case in cases]
        psnr[level] = mean_psnr(score.psnr for score in scores)
        panel = np.concatenate([scores[0].restored, cases[0].frames[MIDDLE].clean], axis=1) / 255
        pictures[f"restored_truth/{tag(level)}"] = panel[..., None]
    return Validation(psnr, step_size_curves(restorer.model), pictures)


def _middle_score(restorer: Restorer, case: ClipCase) -> Score:
    restore = functools.partial(restorer, neighbours=case.neighbours(MIDDLE))
    (score,) = protocol.evaluate(restore, [case.frames[MIDDLE]])
    return score


def train_model(experiment: SuperResolution, options: TrainOptions) -> None:
    """Train the model of one method and keep the best one, its card and the resumable state.

    Args:
        experiment: backbone and scale.
        options: how, and where the run is kept.

    Raises:
        UsageError: a flag or a file is wrong.
    """
    name = method_of(experiment, options)
    train_method(experiment, name, options, PATCH.batch_size, functools.partial(Clips, experiment, name, options))
