"""Warping against shifts that can be written down."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.backbones.warp import Warp


def frames(height=6, width=5):
    return np.random.default_rng(0).random((2, height, width, 3), "float32")


def flow(rows, columns, height=6, width=5):
    """The same displacement everywhere."""
    return np.broadcast_to(np.float32([rows, columns]), (2, height, width, 2))


@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (-2, 3), (0, -1), (9, -9)])
def test_whole_pixels_are_a_shift_and_the_border_repeats(shift):
    x = frames()
    padded = np.pad(x, ((0, 0), (9, 9), (9, 9), (0, 0)), mode="edge")
    expected = padded[:, 9 + shift[0] : 15 + shift[0], 9 + shift[1] : 14 + shift[1]]
    np.testing.assert_allclose(Warp(1)([x, flow(*shift)]), expected, atol=1e-6)


def test_half_a_pixel_is_the_mean_of_two():
    x = frames()
    padded = np.pad(x, ((0, 0), (1, 1), (0, 0), (0, 0)), mode="edge")
    np.testing.assert_allclose(Warp(1)([x, flow(0.5, 0)]), (padded[:, 1:-1] + padded[:, 2:]) / 2, atol=1e-6)
    np.testing.assert_allclose(Warp(1)([x, flow(-0.5, 0)]), (padded[:, 1:-1] + padded[:, :-2]) / 2, atol=1e-6)


def test_a_plane_is_read_off_anywhere_inside():
    row, column = np.mgrid[:8, :9].astype("float32")
    x = (2 * row - 3 * column)[None, :, :, None]
    motion = np.random.default_rng(1).uniform(-0.5, 0.5, (1, 8, 9, 2)).astype("float32")
    warped = np.asarray(Warp(4)([x, motion]))[0, 2:-2, 2:-2, 0]
    place = 4 * motion[0] + np.stack([row, column], axis=-1)
    expected = (2 * place[..., 0] - 3 * place[..., 1])[2:-2, 2:-2]
    np.testing.assert_allclose(warped, expected, atol=1e-4)


def test_derivatives_equal_finite_differences():
    random = np.random.default_rng(2)
    x, weight = tf.constant(random.random((1, 5, 6, 1))), random.normal(size=(1, 5, 6, 1))
    # Away from whole pixels, where the slope jumps.
    motion = tf.constant(random.integers(-2, 3, (1, 5, 6, 2)) + random.uniform(0.2, 0.8, (1, 5, 6, 2)))
    layer = Warp(1, dtype="float64")
    with tf.GradientTape() as tape:
        tape.watch([x, motion])
        value = tf.reduce_sum(weight * layer([x, motion]))
    for index, slope in enumerate(tape.gradient(value, [x, motion])):
        direction = random.normal(size=slope.shape)
        ends = []
        for step in (1e-6, -1e-6):
            moved = [x, motion]
            moved[index] = moved[index] + step * direction
            ends.append(np.sum(weight * layer(moved)))
        assert np.sum(slope * direction) == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5)


def test_config_round_trip():
    layer = Warp(16)
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(twin, Warp) and twin.get_config() == layer.get_config()
    assert layer.compute_output_shape([(None, 4, None, 1), (None, 4, None, 2)]) == (None, 4, None, 1)
