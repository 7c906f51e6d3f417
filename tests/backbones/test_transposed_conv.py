"""The subpixel form against Keras' own transposed convolution."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.backbones.transposed_conv import SubpixelTransposedConv, depth_to_space

# (kernel, stride, first row kept): IDN as published, centred, and the autoencoder's "same".
CASES = [(17, s, 9 - s) for s in (2, 3, 4)] + [(17, s, (17 - s) // 2) for s in (3, 4)] + [(4, 2, 1)]


def _pair(kernel_size, strides, crop, filters=2, channels=3, dtype="float32"):
    """The layer under test, Keras' layer cropped to do the same with the same weights, and that layer."""
    layer = SubpixelTransposedConv(filters, kernel_size, strides, crop, dtype=dtype)
    layer.build((None, None, None, channels))
    layer.bias.assign(np.linspace(-1, 1, filters))
    keras_layer = keras.layers.Conv2DTranspose(filters, kernel_size, strides, padding="valid", dtype=dtype)
    keras_layer.build((None, None, None, channels))
    keras_layer.set_weights(layer.get_weights())

    def reference(x):
        height, width = (n * strides for n in x.shape[1:3])
        return keras_layer(x)[:, crop : crop + height, crop : crop + width]

    return layer, reference, keras_layer


def _image(seed, dtype="float32", size=(5, 7), channels=3):
    return tf.constant(np.random.default_rng(seed).normal(size=(2, *size, channels)), dtype)


@pytest.mark.parametrize(("kernel_size", "strides", "crop"), CASES)
def test_equals_the_cropped_valid_transposed_convolution(kernel_size, strides, crop):
    layer, reference, _ = _pair(kernel_size, strides, crop)
    x = _image(1)
    np.testing.assert_allclose(layer(x), reference(x), atol=1e-5)
    assert layer.compute_output_shape(x.shape) == layer(x).shape


@pytest.mark.parametrize(("kernel_size", "strides", "crop"), CASES)
def test_gradients_are_equal_to_second_order(kernel_size, strides, crop):
    layer, reference, keras_layer = _pair(kernel_size, strides, crop, dtype="float64")
    x, target = _image(2, "float64"), _image(3, "float64", (5 * strides, 7 * strides), 2)

    def derivatives(function, kernel):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(tf.tanh(function(x) - target) ** 2)
            first = inner.gradient(loss, x)
            # One step of the likelihood module, whose result depends on the kernel through the gradient too.
            stepped = tf.reduce_sum(tf.sin(x - 0.1 * first))
        return first, *outer.gradient(stepped, [x, kernel])

    ours = derivatives(layer, layer.kernel.value)
    theirs = derivatives(reference, keras_layer.kernel.value)
    for a, b in zip(ours, theirs, strict=True):
        assert np.abs(b).max() > 1e-3
        np.testing.assert_allclose(a, b, atol=1e-10)


@pytest.mark.parametrize("strides", [2, 3, 4])
def test_same_padding_is_the_published_alignment_only_at_stride_2(strides):
    layer, _, keras_layer = _pair(17, strides, 9 - strides)
    same = keras.layers.Conv2DTranspose(2, 17, strides, padding="same")
    same.build((None, None, None, 3))
    same.set_weights(keras_layer.get_weights())
    x = _image(4)
    assert np.allclose(layer(x), same(x), atol=1e-5) == (strides == 2)


@pytest.mark.parametrize(("kernel_size", "strides"), [(17, 3), (16, 2), (16, 4), (4, 2)])
def test_a_centred_crop_puts_an_impulse_where_bicubic_puts_it(kernel_size, strides):
    layer, _, _ = _pair(kernel_size, strides, (kernel_size - strides) // 2, filters=1, channels=1)
    bump = np.hanning(kernel_size + 2)[1:-1]
    layer.set_weights([np.outer(bump, bump)[:, :, None, None], np.zeros(1)])
    impulse = np.zeros((1, 15, 17, 1), "float32")
    impulse[0, 6, 9] = 1.0
    output = np.asarray(layer(impulse))[0, :, :, 0]
    rows, columns = np.indices(output.shape)
    # The centre of low-resolution pixel i lies at s i + (s - 1) / 2 in high-resolution pixels.
    expected = [strides * i + (strides - 1) / 2 for i in (6, 9)]
    centre = [(axis * output).sum() / output.sum() for axis in (rows, columns)]
    np.testing.assert_allclose(centre, expected, atol=1e-4)


def test_sizes_may_be_unknown_in_a_graph():
    layer, reference, _ = _pair(17, 3, 6)
    graph = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None, 3))])
    for size in ((1, 1), (4, 9)):
        x = _image(5, size=size)
        np.testing.assert_allclose(graph(x), reference(x), atol=1e-5)


def test_no_bias_when_none_is_asked_for():
    layer = SubpixelTransposedConv(1, 4, 2, crop=1, use_bias=False)
    layer.build((None, None, None, 3))
    assert [weight.name for weight in layer.weights] == ["kernel"]
    assert not np.any(layer(np.zeros((1, 2, 2, 3), "float32")))


def test_config_round_trip():
    layer = SubpixelTransposedConv(
        2, 5, 3, crop=1, use_bias=False, kernel_initializer=keras.initializers.RandomNormal(stddev=0.5)
    )
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(twin, SubpixelTransposedConv)
    assert twin.get_config() == layer.get_config()


def test_depth_to_space_equals_tensorflows():
    x = _image(6, channels=18)
    np.testing.assert_array_equal(depth_to_space(x, 3), tf.nn.depth_to_space(x, 3))
