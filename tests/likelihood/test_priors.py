import keras
import numpy as np
import tensorflow as tf

from dlnet_tf.likelihood import TotalVariation


def test_a_step_edge_costs_its_length_times_its_height():
    image = np.zeros((2, 6, 9, 1))
    image[1, :, 4:] = 0.5
    values = TotalVariation(2.0, smoothing=1e-6)(image)
    np.testing.assert_allclose(values, [0.0, 2.0 * 5 * 0.5], atol=1e-4)


def test_it_is_a_sum_of_smoothed_gradient_lengths():
    image = np.random.default_rng(0).random((3, 5, 7, 2))
    length = np.zeros(3)
    for row in range(4):
        for column in range(6):
            down = image[:, row + 1, column] - image[:, row, column]
            right = image[:, row, column + 1] - image[:, row, column]
            length += (np.sqrt(down**2 + right**2 + 1e-4) - 1e-2).sum(axis=-1)
    np.testing.assert_allclose(TotalVariation(3.0)(image), 3.0 * length, rtol=1e-12)


def test_both_derivatives_are_finite_on_a_flat_image():
    image = tf.Variable(np.full((1, 4, 4, 1), 0.3))
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            value = TotalVariation(1.0)(image)
        first = inner.gradient(value, image)
    second = outer.gradient(first, image)
    assert np.all(np.isfinite(first)) and np.all(np.isfinite(second))


def test_it_comes_back_from_its_configuration():
    prior = TotalVariation(0.2, 0.03)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(prior))
    assert again.get_config() == {"weight": 0.2, "smoothing": 0.03}
