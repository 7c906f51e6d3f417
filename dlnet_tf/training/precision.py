"""Which precision of g trains faster on this machine: measured, because no list of processors would tell."""

from __future__ import annotations

import time
from collections.abc import Iterator

import keras
import tensorflow as tf

from dlnet_tf.training.faster import for_training
from dlnet_tf.training.lesson import Lesson
from dlnet_tf.training.step import make_step, trained_variables
from dlnet_tf.training.strategies import batches_of, make_sum, synchronize_statistics

CANDIDATES = ("float32", "mixed_bfloat16")
# Steps of a run for which the measurement, some twenty steps and two compilations, is worth its time.
WORTH = 1000
# Steps of each candidate, by turns; the fastest one counts, as other work on the machine only ever slows one down.
TIMED = 8


def faster_precision(model: keras.Model, lesson: Lesson, batch_size: int, strategy: tf.distribute.Strategy) -> str:
    """Time a few training steps of a model in each precision, and say which is faster.

    Neither the model nor the lesson is changed: copies are trained, at a learning rate of 0.

    Args:
        model: in float32, made under `strategy`.
        lesson: what it is shown and asked for.
        batch_size: examples a step over all replicas.
        strategy: how replicas are spread; several workers agree on the sum of their times.

    Returns:
        One of `CANDIDATES`.
    """
    steps = {name: _steps(model, name, lesson, batch_size, strategy) for name in CANDIDATES}
    seconds: dict[str, list[float]] = {name: [] for name in CANDIDATES}
    for _ in range(1 + TIMED):
        for name, taken in steps.items():
            begun = time.monotonic()
            next(taken)
            seconds[name].append(time.monotonic() - begun)
    # The first one compiles.
    best = make_sum(strategy)([min(times[1:]) for times in seconds.values()])
    found = dict(zip(CANDIDATES, best, strict=True))
    chosen, other = sorted(found, key=lambda name: found[name])
    print(f"precision: {chosen}, {found[chosen]:.3g} s a step; {other} takes {found[other]:.3g} s", flush=True)
    return chosen


def _steps(
    model: keras.Model, precision: str, lesson: Lesson, batch_size: int, strategy: tf.distribute.Strategy
) -> Iterator[dict[str, float]]:
    """Train a copy of the model step by step, at a learning rate of 0."""
    with strategy.scope():
        copy = for_training(model, precision)
        optimizer = keras.optimizers.Adam(0.0)
        synchronize_statistics(copy, strategy)
        optimizer.build(trained_variables(copy, lesson.objective))
    take = make_step(copy, optimizer, lesson.objective, batch_size, lesson.clip_norm, strategy)
    batches = batches_of(lesson, strategy, 0, 1 + TIMED)
    while True:
        yield {name: float(value) for name, value in take(batches).items()}
