"""What the input pipeline costs: training steps of IDN x3 on fresh batches beside steps on one cached batch.

python -m benchmarks.pipeline                    a table
python -m benchmarks.pipeline --json FILE.json   the numbers too
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf import models
from dlnet_tf.data.patches import PatchSource
from dlnet_tf.data.pipeline import corrupted_batches
from dlnet_tf.experiments.sisr_training import CLIP_NORM, corruption
from dlnet_tf.experiments.super_resolution import METHODS, SuperResolution
from dlnet_tf.objectives import Objective
from dlnet_tf.training.step import make_step

EXPERIMENT = SuperResolution("idn", 3)
# As many images, of as many pixels, as BSDS400 has.
IMAGES = (400, 321, 481)


def batches(name: str, images: np.ndarray) -> tf.data.Dataset:
    """Build the batches that a method is trained on, from uint8 [N, H, W]."""
    method = METHODS[name]
    source = PatchSource(list(images), method.patch * EXPERIMENT.scale)
    return corrupted_batches(source.sample, corruption(EXPERIMENT, method), method.batch, 0, 0, 2**31)


def training_step(name: str) -> Callable[[Iterator[Any]], Any]:
    """Compile the step that trains a method; nothing is learned, so that no network runs away on noise."""
    model = models.with_precision(EXPERIMENT.build(name, None, 5, 1e-3), "mixed_bfloat16")
    optimizer = keras.optimizers.Adam(0.0)
    optimizer.build(model.trainable_variables)
    batch, strategy = METHODS[name].batch, tf.distribute.get_strategy()
    step = make_step(model, optimizer, Objective(), batch, CLIP_NORM, strategy)
    return lambda iterator: float(step(iterator)["loss"])


def measure(name: str, images: np.ndarray, rounds: int, steps: int) -> dict[str, Any]:
    """Time blocks of steps on fresh batches and on a cached one by turns, so that a busy machine slows down both.

    Returns:
        Medians over the rounds: milliseconds of a step of each kind, and the share of it that a cached batch saves;
        beside them the milliseconds of a batch that no training step competes with.
    """
    fresh, step = iter(batches(name, images)), training_step(name)
    cached = iter(tf.data.Dataset.from_tensors(next(fresh)).repeat())

    def block(run: Callable[[Iterator[Any]], Any], iterator: Iterator[Any], count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            run(iterator)
        return 1e3 * (time.perf_counter() - start) / count

    step(fresh), step(cached)  # compiled here
    pairs = [[block(step, iterator, steps) for iterator in (fresh, cached)] for _ in range(rounds)]
    fresh_ms, cached_ms = (statistics.median(times) for times in zip(*pairs, strict=True))
    waiting = statistics.median(1 - cached / fresh for fresh, cached in pairs)
    batch_ms = block(next, fresh, 100)
    return {"method": name, "batch_ms": batch_ms, "fresh_ms": fresh_ms, "cached_ms": cached_ms, "waiting": waiting}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="blocks of each kind [9]")
    parser.add_argument("--steps", type=int, default=4, help="training steps a block [4]")
    parser.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    options = parser.parse_args()
    tf.config.experimental.enable_op_determinism()  # as in training
    noise = np.random.default_rng(0).integers(0, 256, IMAGES, np.uint8)
    print(f"{'milliseconds':<16}{'batch alone':>12}{'fresh step':>12}{'cached step':>12}{'waiting':>9}")
    rows = []
    for method in ("reference", "dlnet", "dlnet_gradient"):
        rows.append(row := measure(method, noise, options.rounds, options.steps))
        print("{method:<16}{batch_ms:>12.1f}{fresh_ms:>12.1f}{cached_ms:>12.1f}{waiting:>9.1%}".format(**row))
    if options.json:
        options.json.write_text(json.dumps({"cpus": os.cpu_count(), "rows": rows}, indent=2) + "\n")
