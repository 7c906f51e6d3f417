"""EdgeConnect's image completion network."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.backbones import edgeconnect
from dlnet_tf.backbones.edgeconnect import ReflectionPadding
from dlnet_tf.likelihood import split


def test_parameters_of_the_published_widths():
    encoder = 49 * 4 * 64 + 16 * 64 * 128 + 16 * 128 * 256
    blocks = 8 * 2 * 9 * 256 * 256
    decoder = 16 * 256 * 128 + 16 * 128 * 64 + 49 * 64 * 3 + 3
    assert edgeconnect().count_params() == encoder + blocks + decoder == 10_769_859


def test_h_is_one_convolution_of_the_last_hidden_features():
    model = edgeconnect()
    assert model.get_layer("z").output.shape == (None, 64, 64, 64)
    _, head = split(model)
    assert [layer.name for layer in head.layers[1:]] == ["z_act", "out_pad", "out"]
    # Multiplications a pixel at full size; a transposed convolution of stride 2 uses a quarter of its taps there.
    first, last = 49 * 4 * 64, 49 * 64 * 3
    resizing = 2 * (16 * 64 * 128 / 4 + 16 * 128 * 256 / 16)
    blocks = 8 * 2 * 9 * 256 * 256 / 16
    assert last / (first + resizing + blocks + last) == pytest.approx(0.013, abs=5e-4)


def test_equals_a_plain_tensorflow_network():
    model = edgeconnect(width=8)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.2, weight.shape) for weight in model.weights])
    y = rng.random((2, 64, 64, 3), dtype="float32")
    edges = (rng.random((2, 64, 64, 1)) > 0.9).astype("float32")

    def kernel(name):
        return model.get_layer(name).kernel.value

    def conv(x, name, dilation=1):
        pad = dilation * (kernel(name).shape[0] // 2)
        x = tf.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]], "REFLECT")
        return tf.nn.conv2d(x, kernel(name), 1, "VALID", dilations=dilation)

    def norm(x):
        mean, variance = tf.nn.moments(x, (1, 2), keepdims=True)
        return (x - mean) / tf.sqrt(variance + 1e-5)

    def half(x, name):
        # Torch's padding of 1 on each side.
        x = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
        return tf.nn.relu(norm(tf.nn.conv2d(x, kernel(name), 2, "VALID")))

    def double(x, name):
        n, channels = 2 * x.shape[1], kernel(name).shape[2]
        whole = tf.nn.conv2d_transpose(x, kernel(name), (2, n + 2, n + 2, channels), 2, "VALID")
        return tf.nn.relu(norm(whole[:, 1:-1, 1:-1]))

    x = tf.nn.relu(norm(conv(tf.concat([y, edges], -1), "enc1")))
    x = half(half(x, "enc2"), "enc3")
    for block in range(1, 9):
        hidden = tf.nn.relu(norm(conv(x, f"block{block}_conv1", 2)))
        x += norm(conv(hidden, f"block{block}_conv2"))
    x = double(double(x, "dec1"), "dec2")
    expected = conv(x, "out") + model.get_layer("out").bias
    assert np.std(expected) > 0.1
    np.testing.assert_allclose(model({"degraded": y, "edges": edges}), expected, rtol=1e-3, atol=1e-3)


def test_reflection_padding_equals_numpys_and_differentiates_twice():
    layer = ReflectionPadding(2, dtype="float64")
    x = tf.constant(np.random.default_rng(0).normal(size=(2, 4, 5, 3)))
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(layer(x), padded)
    assert layer.compute_output_shape(x.shape) == padded.shape
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            loss = tf.reduce_sum(layer(x) ** 3) / 6
        first = inner.gradient(loss, x)
        total = tf.reduce_sum(first)
    # The diagonal Hessian of sum n x^3 / 6, where a pixel stands n times in the padded image.
    count = np.zeros(x.shape)
    rows, columns = (np.pad(np.arange(n), 2, mode="reflect") for n in (4, 5))
    for row in rows:
        for column in columns:
            count[:, row, column] += 1
    np.testing.assert_allclose(first, count * x**2 / 2, atol=1e-12)
    np.testing.assert_allclose(outer.gradient(total, x), count * x, atol=1e-12)


def test_config_round_trip():
    layer = ReflectionPadding(3)
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(twin, ReflectionPadding) and twin.get_config() == layer.get_config()
