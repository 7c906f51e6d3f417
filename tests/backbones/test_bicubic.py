"""Bicubic upscaling against MATLAB and against the float64 resize."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.backbones.bicubic import BicubicUpscale
from dlnet_tf.resize import imresize


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_equals_matlab(shared, scale):
    with np.load(shared / "golden" / "matlab_set5.npz") as golden:
        names = [key.removesuffix("_y_down") for key in golden if key.endswith(f"_x{scale}_y_down")]
        assert names
        for name in names:
            small, expected = golden[f"{name}_y_down"], golden[f"{name}_y_down_up"]
            ours = BicubicUpscale(scale, dtype="float64")(small[None, :, :, None])
            np.testing.assert_allclose(ours[0, :, :, 0], expected, atol=1e-10)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (2, 5), (7, 6)])
def test_equals_the_float64_resize_at_known_and_unknown_sizes(scale, size):
    images = np.random.default_rng(0).random((2, *size, 3))
    expected = np.stack([imresize(image, scale) for image in images])
    layer = BicubicUpscale(scale)
    graph = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None, 3))])
    for result in (layer(images.astype("float32")), graph(images.astype("float32"))):
        np.testing.assert_allclose(result, expected, atol=1e-6)
    assert layer.compute_output_shape(images.shape) == expected.shape


def test_constants_and_straight_lines_survive():
    rows = np.arange(12.0)[None, :, None, None] * np.ones((1, 1, 9, 1))
    upscaled = np.asarray(BicubicUpscale(3, dtype="float64")(rows))[0, :, :, 0]
    expected = (np.arange(36) + 0.5) / 3 - 0.5
    # Only next to the border does reflection bend the line.
    np.testing.assert_allclose(upscaled[6:-6], np.repeat(expected[6:-6, None], 27, axis=1), atol=1e-12)


def test_gradient_is_the_adjoint_and_differentiates_again():
    rng = np.random.default_rng(1)
    x, y = tf.constant(rng.normal(size=(1, 4, 5, 1))), tf.constant(rng.normal(size=(1, 12, 15, 1)))
    layer = BicubicUpscale(3, dtype="float64")
    with tf.GradientTape() as outer:
        outer.watch(y)
        with tf.GradientTape() as inner:
            inner.watch(x)
            product = tf.reduce_sum(layer(x) * y)
        adjoint = inner.gradient(product, x)
        again = tf.reduce_sum(adjoint * x)
    np.testing.assert_allclose(again, product, rtol=1e-12)
    np.testing.assert_allclose(outer.gradient(again, y), layer(x), rtol=1e-9)


def test_config_round_trip():
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(BicubicUpscale(4)))
    assert isinstance(twin, BicubicUpscale) and twin.scale == 4
