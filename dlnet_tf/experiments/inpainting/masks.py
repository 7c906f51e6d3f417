"""The masks that an inpainting or interpolation model is trained and validated on."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import tensorflow as tf

from dlnet_tf.data.draws import Draw, by_turns
from dlnet_tf.data.edges import edges_of_batch
from dlnet_tf.data.pipeline import Corruption
from dlnet_tf.degradations import sample_levels_by_quota, sample_stroke_masks
from dlnet_tf.experiments.inpainting.damage import DAMAGES
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.tasks import TASKS, Levels
from dlnet_tf.tensors import Tensor


def drawn(experiment: Inpainting, levels: Levels, holes: str) -> Draw:
    """Return what draws masks of these levels; `holes` is "square", "strokes" or "both"."""
    if holes == "strokes":
        return sample_stroke_masks
    of_task = DAMAGES[experiment.damage].draw(levels)
    return by_turns(of_task, sample_stroke_masks) if holes == "both" else of_task


def by_quota(experiment: Inpainting, max_shift: int, quotas: Sequence[int]) -> Draw:
    """Draw masks of which each sub-task has a fixed number; the number that is asked for is theirs together."""

    def draw(seed: Tensor, number: Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        level_seed, mask_seed = tf.unstack(tf.random.split(seed, 2, alg="philox"))
        levels = sample_levels_by_quota(level_seed, quotas, TASKS[experiment.task].subtasks)
        return DAMAGES[experiment.damage].masks(mask_seed, levels, max_shift), levels

    return draw


def validation_levels(experiment: Inpainting, levels: Levels, holes: str) -> tuple[dict[str, Draw], str]:
    """Return what a model is validated at: every sub-task of the levels it is trained on; and these in words."""
    strokes: dict[str, Draw] = {"strokes": sample_stroke_masks}
    if holes == "strokes":
        return strokes, "holes of random strokes"
    squares, words = _levels_of_task(experiment, levels)
    return (squares | strokes, f"{words}; half of them random strokes instead") if holes == "both" else (squares, words)


def _levels_of_task(experiment: Inpainting, levels: Levels) -> tuple[dict[str, Draw], str]:
    damage = DAMAGES[experiment.damage]
    words = damage.in_words(levels)
    if levels.low == levels.high:
        return {f"{damage.letter}={levels.low:g}": damage.draw(levels)}, words
    parts = [dataclasses.replace(levels, low=low, high=high) for low, high in TASKS[experiment.task].subtasks]
    return {f"{damage.letter}={part.low:g}-{part.high:g}": damage.draw(part) for part in parts}, words


def corruption(experiment: Inpainting, draw: Draw) -> Corruption:
    """Return what makes a network's inputs of clean images: Eq. 1 with masks from `draw`."""
    degradation = experiment.degradation

    def corrupt(seed: Tensor, clean: Tensor) -> dict[str, Tensor]:
        mask, level = draw(seed, clean.shape[0])
        inputs = {"degraded": degradation(clean, {"mask": mask}), "mask": mask, "level": tf.cast(level, tf.float32)}
        return inputs | ({"edges": edges_of_batch(clean)} if experiment.takes_edges else {})

    return corrupt
