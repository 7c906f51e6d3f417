"""What is averaged, and what is taken as it is."""

import keras
import numpy as np
import pytest

from dlnet_tf.training.average import Average


def test_weights_and_statistics_are_averaged_and_single_numbers_are_not():
    degraded = keras.Input((4, 4, 1))
    x = keras.layers.BatchNormalization(name="norm")(keras.layers.Conv2D(2, 3, name="conv")(degraded))
    model = keras.Model(degraded, keras.layers.Dropout(0.5, seed=1)(x))
    scalar = model.add_weight(name="base", shape=(), initializer="ones", trainable=False)
    average = Average(model, 0.9, fine_tuned=False)
    first = [variable.numpy() for variable in model.variables]
    for variable in model.variables:
        variable.assign(variable + 1)
    average.update(100)
    paths = {variable.path for variable in model.variables}
    assert len(paths) == len(model.variables) and set(average.variables) < paths
    assert len(average.variables) == 6
    for before, variable, value in zip(first, model.variables, average.values(), strict=True):
        if variable.path in average.variables:
            np.testing.assert_allclose(value, before + 0.1, rtol=1e-6)
        else:
            assert value is variable
    assert any(value is scalar for value in average.values())


def test_of_a_trained_start_a_share_is_kept_and_a_random_one_is_forgotten():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    kept = {}
    for fine_tuned in (False, True):
        model.set_weights([np.ones((1, 1))])
        average = Average(model, 0.99, fine_tuned)
        model.set_weights([np.zeros((1, 1))])
        for step in range(1, 101):
            average.update(step)
        kept[fine_tuned] = float(average.values()[0].numpy().item())
    assert kept[True] == pytest.approx(0.99**100, rel=1e-4)
    assert kept[False] < 1e-8
