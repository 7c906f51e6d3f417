"""Batches that depend on (seed, step) alone, whoever builds them."""

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.data.patches import PatchSampler
from dlnet_tf.data.pipeline import corrupted_batches, step_seed
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.patch_lesson import corruption
from dlnet_tf.tasks import TASKS
from tests.stand_in import photograph

BATCH = 8


def batches(first=0, last=4, context=None, seed=5):
    source = PatchSampler([photograph(0, colour=False), photograph(1, colour=False)], 12)
    corrupt = corruption(SuperResolution("idn", 3), TASKS["sisr"].levels_of("dlnet"))
    dataset = corrupted_batches(source.sample, corrupt, BATCH, seed, first, last, context)
    return [tf.nest.map_structure(np.asarray, element) for element in dataset]


def equal(a, b):
    return all(np.array_equal(x, y) for x, y in zip(tf.nest.flatten(a), tf.nest.flatten(b), strict=True))


def test_a_batch_is_what_the_operator_makes_of_the_clean_patches():
    ((inputs, clean),) = batches(0, 1)
    assert clean.shape == (BATCH, 12, 12, 1) and inputs["degraded"].shape == (BATCH, 4, 4, 1)
    again = BlurDownsample(3)(clean, {"blur_width": inputs["blur_width"]})
    np.testing.assert_allclose(inputs["degraded"], again, atol=1e-6)


def test_resumed_steps_are_those_of_an_uninterrupted_run():
    whole = batches(0, 4)
    assert len(whole) == 4 and not equal(whole[0], whole[1])
    for first in (1, 3):
        resumed = batches(first, 4)
        assert len(resumed) == 4 - first
        assert all(equal(a, b) for a, b in zip(resumed, whole[first:], strict=True))
    assert batches(4, 4) == []


def test_another_seed_gives_other_batches():
    assert not equal(batches(0, 1)[0], batches(0, 1, seed=6)[0])


@pytest.mark.parametrize(("pipelines", "replicas"), [(1, 2), (2, 2), (2, 4)])
def test_the_shares_of_replicas_and_workers_make_up_the_batch(pipelines, replicas):
    shares = []
    for index in range(pipelines):
        elements = batches(0, 2, tf.distribute.InputContext(pipelines, index, replicas))
        local = replicas // pipelines
        assert len(elements) == 2 * local
        shares.append([elements[step * local : (step + 1) * local] for step in range(2)])
    for step, whole in enumerate(batches(0, 2)):
        parts = [element for worker in shares for element in worker[step]]
        assert len(parts) == replicas
        joined = tf.nest.map_structure(lambda *values: np.concatenate(values), *parts)
        assert equal(joined, whole)


def test_step_seeds_differ_by_seed_step_and_purpose():
    seeds = [tuple(step_seed(seed, step, purpose).numpy()) for seed in (0, 1) for step in (0, 1) for purpose in (0, 1)]
    assert len(set(seeds)) == 8
    assert all(len(seed) == 2 for seed in seeds)
