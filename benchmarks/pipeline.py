"""What the input pipeline costs: training steps on fresh batches beside steps on one cached batch.

IDN x3 on patches by three methods, and the autoencoder on faces with holes or missing pixels by the DL-Net's.

python -m benchmarks.pipeline                    a table
python -m benchmarks.pipeline --json FILE.json   the numbers too
"""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.recording import machine, parser, table, write
from dlnet_tf.data.patches import PatchSampler
from dlnet_tf.data.pipeline import Corruption, Sampler, corrupted_batches
from dlnet_tf.data.whole_images import WholeImages
from dlnet_tf.experiments.inpainting import experiment as inpainting
from dlnet_tf.experiments.inpainting import masks as inpaint_masks
from dlnet_tf.experiments.inpainting import objectives as inpaint_objectives
from dlnet_tf.experiments.inpainting import training as inpaint_training
from dlnet_tf.experiments.super_resolution import experiment as super_resolution
from dlnet_tf.experiments.super_resolution import patch_lesson
from dlnet_tf.objectives import Objective
from dlnet_tf.tasks import TASKS, of_folder
from dlnet_tf.training.faster import for_training
from dlnet_tf.training.step import make_step

# As many images, of as many pixels, as BSDS400 has; of faces the size, and enough for a batch to be scattered.
PHOTOGRAPHS, FACES = (400, 321, 481), (10_000, 64, 64, 3)


@dataclasses.dataclass(frozen=True)
class Case:
    """What one kind of training takes its batches from, and the step that it takes.

    Attributes:
        name: of the network and the method.
        build: returns the model, its layers before z in the precision of training.
        source: draws clean images.
        corrupt: makes a network's inputs of them.
        batch: examples a step.
        objective: what is minimised.
        clip_norm: largest global norm of the gradient.
    """

    name: str
    build: Callable[[], keras.Model]
    source: Sampler
    corrupt: Corruption
    batch: int
    objective: Objective
    clip_norm: float


def super_resolution_case(name: str, photographs: np.ndarray) -> Case:
    """Return the training of IDN x3 by a method, from uint8 [N, H, W]."""
    experiment, patches = super_resolution.SuperResolution("idn", 3), patch_lesson.patches_of(name)
    return Case(
        f"idn_x3_{name}",
        lambda: for_training(experiment.build(name, None), "mixed_bfloat16"),
        PatchSampler(list(photographs), patches.side * experiment.scale).sample,
        patch_lesson.corruption(experiment, TASKS["sisr"].levels_of(name)),
        patches.batch_size,
        Objective(),
        patch_lesson.CLIP_NORM,
    )


def inpainting_case(task: str, faces: np.ndarray) -> Case:
    """Return the training of the autoencoder, as a DL-Net with learned step sizes, from uint8 [N, 64, 64, 3]."""
    experiment, name = inpainting.Inpainting(task), "dlnet_gradient"
    draw = inpaint_masks.drawn(experiment, TASKS[task].levels_of(name), "square")
    return Case(
        f"{task}_{name}",
        lambda: for_training(experiment.build(name, None), "float32"),
        WholeImages(faces).sample,
        inpaint_masks.corruption(experiment, draw),
        inpaint_training.BATCH,
        Objective(inpaint_objectives.WEIGHT_DECAY),
        inpaint_training.CLIP_NORM,
    )


def batches(case: Case) -> tf.data.Dataset:
    """Build the batches that a network is trained on."""
    return corrupted_batches(case.source, case.corrupt, case.batch, 0, 0, 2**31)


def training_step(case: Case) -> Callable[[Iterator[Any]], Any]:
    """Compile the step of a training; nothing is learned, so that no network runs away on noise."""
    model, optimizer = case.build(), keras.optimizers.Adam(0.0)
    optimizer.build(model.trainable_variables)
    step = make_step(model, optimizer, case.objective, case.batch, case.clip_norm, tf.distribute.get_strategy())
    return lambda iterator: float(step(iterator)["loss"])


def measure(case: Case, rounds: int, steps: int) -> dict[str, Any]:
    """Time blocks of steps on fresh batches and on a cached one by turns, so that a busy machine slows down both.

    Returns:
        Medians over the rounds: milliseconds of a step of each kind, and the share of it in percent that a cached batch
        saves; beside them the milliseconds of a batch that no training step competes with.
    """
    fresh, step = iter(batches(case)), training_step(case)
    cached = iter(tf.data.Dataset.from_tensors(next(fresh)).repeat())

    def block(run: Callable[[Iterator[Any]], Any], iterator: Iterator[Any], count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            run(iterator)
        return 1e3 * (time.perf_counter() - start) / count

    step(fresh), step(cached)  # compiled here
    pairs = [[block(step, iterator, steps) for iterator in (fresh, cached)] for _ in range(rounds)]
    fresh_ms, cached_ms = (statistics.median(times) for times in zip(*pairs, strict=True))
    waiting = 100 * statistics.median(1 - cached / fresh for fresh, cached in pairs)
    alone_ms = block(next, fresh, 100)
    return {
        "training": case.name,
        "batch": case.batch,
        "ms a batch alone": alone_ms,
        "ms a step, fresh": fresh_ms,
        "ms a step, cached": cached_ms,
        "waiting %": waiting,
    }


def cases() -> list[Case]:
    """Return what is measured, on noise."""
    random = np.random.default_rng(0)
    photographs, faces = (random.integers(0, 256, shape, np.uint8) for shape in (PHOTOGRAPHS, FACES))
    of_photographs = [super_resolution_case(name, photographs) for name in ("reference", "dlnet", "dlnet_gradient")]
    return of_photographs + [inpainting_case(task, faces) for task in of_folder("inpainting")]


if __name__ == "__main__":
    flags = parser(__doc__ or "", rounds=9)
    flags.add_argument("--steps", type=int, default=4, help="training steps a block [4]")
    options = flags.parse_args()
    tf.config.experimental.enable_op_determinism()  # as in training
    rows = [measure(case, options.rounds, options.steps) for case in cases()]
    columns = {"training": "", "batch": "d", "ms a batch alone": ".1f", "ms a step, fresh": ".1f"}
    print(machine())
    print(table(rows, columns | {"ms a step, cached": ".1f", "waiting %": ".1f"}))
    write(options.json, rows)
