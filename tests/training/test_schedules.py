"""Learning rates against their closed forms."""

import math

import keras
import numpy as np
import pytest

from dlnet_tf.training.schedules import CosineDecay, PaperSteps


def test_cosine_rises_linearly_and_falls_along_half_a_cosine():
    schedule = CosineDecay(2e-3, total_steps=1000, warmup_steps=200, floor=0.01)
    for step in (0, 99, 198):
        assert float(schedule(step)) == pytest.approx(2e-3 * (step + 1) / 200, rel=1e-5)
    assert float(schedule(200)) == pytest.approx(2e-3, rel=1e-6)
    for step in (201, 400, 600, 777, 999):
        cosine = 0.5 * (1 + math.cos(math.pi * (step - 200) / 800))
        assert float(schedule(step)) == pytest.approx(2e-3 * (0.01 + 0.99 * cosine), rel=1e-4)
    assert float(schedule(600)) == pytest.approx(2e-3 * 0.505, rel=1e-5)
    for step in (1000, 5000):
        assert float(schedule(step)) == pytest.approx(2e-5, rel=1e-4)


@pytest.mark.parametrize(("total", "warmup"), [(1, 200), (1, 0), (100, 200)])
def test_a_run_shorter_than_the_rise_has_learning_rates_too(total, warmup):
    rates = [float(CosineDecay(1.0, total, warmup)(step)) for step in range(total)]
    assert all(0 < rate <= 1 for rate in rates)


def test_paper_steps_divide_after_80_160_and_240_of_300_epochs():
    schedule = PaperSteps(1e-3, total_steps=300)
    rates = np.array([float(schedule(step)) for step in range(300)])
    np.testing.assert_allclose(rates, np.repeat([1e-3, 1e-4, 1e-5, 1e-6], [80, 80, 80, 60]), rtol=1e-5)


@pytest.mark.parametrize(("epochs", "period"), [(300, 80), (500, 200), (250, 100)])
def test_paper_steps_stretch_over_a_run_of_any_length(epochs, period):
    for total in (*range(250, 2000, 37), 14_000, 1_000_000):
        schedule = PaperSteps(1.0, total, epochs, period)
        for division in range(1, -(-epochs // period)):
            # The first step at which `division * period` epochs are over, in whole numbers.
            first = -(-division * period * total // epochs)
            assert float(schedule(first - 1)) == pytest.approx(0.1 ** (division - 1), rel=1e-5), total
            assert float(schedule(first)) == pytest.approx(0.1**division, rel=1e-5), total


@pytest.mark.parametrize("schedule", [CosineDecay(1e-3, 50, 5, 0.1), PaperSteps(1e-3, 50, 500, 200)])
def test_schedules_are_saved_and_drive_an_optimizer(schedule):
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert type(copy) is type(schedule) and copy.get_config() == schedule.get_config()
    optimizer = keras.optimizers.SGD(copy)
    weight = keras.Variable(0.0)
    for step in range(25):
        before = float(weight)
        optimizer.apply([np.float32(1.0)], [weight])
        assert before - float(weight) == pytest.approx(float(schedule(step)), rel=1e-3)
