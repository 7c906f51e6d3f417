"""What lessons of photographs and of clips have in common: blurred patches, and what is said of them."""

from __future__ import annotations

import dataclasses

import tensorflow as tf

from dlnet_tf.data.patches import PatchSampler
from dlnet_tf.data.pipeline import Corruption, corrupted_batches
from dlnet_tf.data.triplets import TripletSampler
from dlnet_tf.degradations.noise import sample_noise
from dlnet_tf.degradations.samplers import sample_blur_width
from dlnet_tf.evaluation.super_resolution_protocol import BLUR_WIDTHS, NOISES, Noise
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.tasks import TASKS, Levels
from dlnet_tf.tensors import Tensor
from dlnet_tf.training.lesson import Lesson

# Several times the usual norm of the gradient of half the squared error summed over a patch.
CLIP_NORM = 20.0


@dataclasses.dataclass(frozen=True)
class Patches:
    """What is cut out of photographs in training.

    Attributes:
        side: side of a degraded patch.
        batch_size: patches a step; the paper does not say.
    """

    side: int
    batch_size: int


# Patches of methods that are trained at one blur width (False) or at many (True).
PATCHES = {False: Patches(24, 16), True: Patches(40, 8)}


def patches_of(method: str) -> Patches:
    """Return what a method is trained on."""
    levels = TASKS["sisr"].levels_of(method)
    return PATCHES[levels.low < levels.high]


def corruption(experiment: SuperResolution, levels: Levels) -> Corruption:
    """Return what makes a method's inputs of clean patches: Eq. 1 with u and noise drawn from its levels."""
    degradation = experiment.degradation

    def corrupt(seed: Tensor, clean: Tensor) -> dict[str, Tensor]:
        blur_width = sample_blur_width(seed, clean.shape[0], levels.low, levels.high)
        y = degradation(clean, {"blur_width": blur_width})
        if not levels.noise:
            return {"degraded": y, "blur_width": blur_width}
        y, sigma = sample_noise(y, tf.random.experimental.stateless_fold_in(seed, 1), levels.noise)
        return {"degraded": y, "blur_width": blur_width, "noise_sigma": sigma}

    return corrupt


def validation_levels(levels: Levels) -> dict[str, tuple[float, Noise]]:
    """Return the blur width and noise of each level that held-out images are restored at, by name."""
    widths = BLUR_WIDTHS if levels.high > 0 else (0.0,)
    noises = NOISES if levels.noise else NOISES[:1]
    return {f"u={u:g}" + (f", {noise}" if noise else ""): (u, noise) for noise in noises for u in widths}


def tag(level: str) -> str:
    """Return the name of a level as curves and pictures have it."""
    return level.replace("=", "").replace(", ", "_").replace(" ", "_")


def noise_in_words(levels: Levels) -> str:
    """Describe the noise that a method is trained with."""
    if not levels.noise:
        return "none"
    return f"none in a half, 8 bits in a quarter, white with sigma ~ U[0, {levels.noise:g}] in a quarter"


class PatchLesson(Lesson):
    """Patches that are blurred and reduced as a method takes them; the task says what they are of, and validates.

    Args:
        experiment: backbone and scale.
        name: name of the method.
        sampler: draws clean patches.
        data: what they are drawn from, in words.
        patch: what one is, in words.
        seed: seed of every random draw.
        batch_size: patches a step.
    """

    clip_norm = CLIP_NORM

    def __init__(
        self,
        experiment: SuperResolution,
        name: str,
        sampler: PatchSampler | TripletSampler,
        data: str,
        patch: str,
        seed: int,
        batch_size: int,
    ) -> None:
        levels = TASKS[experiment.task].levels_of(name)
        self._scale, self._batch_size, self._seed, self._sampler = experiment.scale, batch_size, seed, sampler
        self._corrupt = corruption(experiment, levels)
        widths = f"u ~ U[{levels.low:g}, {levels.high:g}]" if levels.high > 0 else "u = 0"
        self.facts = {
            "Data": data,
            "Patches": f"{batch_size} a step, {patch}",
            "Blur widths": widths,
            "Noise": noise_in_words(levels),
        }
        self.settings = {
            "backbone": experiment.backbone,
            "scale": experiment.scale,
            "method": f"{name}, {patch}, {widths}" + (f", noise up to {levels.noise:g}" if levels.noise else ""),
            "data_dir": data,
        }

    def batches(self, first: int, last: int, context: tf.distribute.InputContext | None = None) -> tf.data.Dataset:
        """Draw patches, blur widths and noise."""
        return corrupted_batches(
            self._sampler.sample, self._corrupt, self._batch_size, self._seed, first, last, context
        )
