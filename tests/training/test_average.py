"""What is averaged, and what is taken as it is."""

import keras
import numpy as np

from dlnet_tf.training.average import Average


def test_weights_and_statistics_are_averaged_and_single_numbers_are_not():
    degraded = keras.Input((4, 4, 1))
    x = keras.layers.BatchNormalization(name="norm")(keras.layers.Conv2D(2, 3, name="conv")(degraded))
    model = keras.Model(degraded, keras.layers.Dropout(0.5, seed=1)(x))
    scalar = model.add_weight(name="base", shape=(), initializer="ones", trainable=False)
    average = Average(model, 0.9)
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
