"""The precision that trains faster is chosen, and measuring it leaves no trace."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.objectives import MultiTask
from dlnet_tf.training import precision
from dlnet_tf.training.lesson import Lesson
from dlnet_tf.training.precision import faster_precision
from tests import stand_in


class Holes(Lesson):
    """Black holes in noise."""

    clip_norm = 100.0

    def __init__(self):
        self.objective = MultiTask(first=1.0, width=1.0, weight_decay=1e-4)

    def batches(self, first, last, context=None):
        def build(step):
            clean = tf.random.stateless_uniform((2, 64, 64, 3), tf.stack([step, 1]))
            mask = tf.ones((2, 64, 64, 1))
            return {"degraded": clean, "mask": mask, "level": tf.constant([3.0, 7.0])}, clean

        return tf.data.Dataset.range(first, last).map(build)

    def validator(self, model):
        return lambda: None


@pytest.mark.parametrize("quick", precision.CANDIDATES)
def test_the_faster_one_is_chosen_by_its_best_step(monkeypatch, capsys, quick):
    now = [0.0]
    clock = types.SimpleNamespace(monotonic=lambda: now[0])

    def steps(model, name, *others):
        # The first one compiles, and other work slows most of them down.
        for seconds in [0.01, 30.0, 2.0 if name == quick else 3.0, *[40.0] * precision.TIMED]:
            now[0] += seconds
            yield {}

    monkeypatch.setattr(precision, "time", clock)
    monkeypatch.setattr(precision, "_steps", steps)
    assert faster_precision(None, None, 1, tf.distribute.get_strategy()) == quick
    (other,) = {*precision.CANDIDATES} - {quick}
    assert capsys.readouterr().out == f"precision: {quick}, 2 s a step; {other} takes 3 s\n"


def test_neither_the_model_nor_what_it_is_asked_for_changes():
    keras.utils.set_random_seed(2)
    model, lesson = stand_in.autoencoder(), Holes()
    before = [variable.numpy() for variable in [*model.variables, *lesson.objective.variables]]
    assert faster_precision(model, lesson, 2, tf.distribute.get_strategy()) in precision.CANDIDATES
    for old, new in zip(before, [*model.variables, *lesson.objective.variables], strict=True):
        np.testing.assert_array_equal(old, new)
