"""The autoencoder modulated by the mask."""

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf.backbones import autoencoder, sft
from dlnet_tf.backbones.sft import SpatialFeatureTransform
from tests.golden.official_autoencoder import official_inputs

ENCODER = (64, 128, 256, 512)


def test_parameters_are_those_of_the_autoencoder_and_of_the_modulation():
    condition = (16 + 1) * 64 + (64 + 1) * 64 + (64 + 1) * 32
    hidden = 2 * (32 + 1) * 32
    to_channels = 2 * (32 + 1) * sum(ENCODER)
    assert sft().count_params() == autoencoder().count_params() + condition + hidden + to_channels == 5_720_672


def _with_the_weights_of(plain):
    model = sft(width=8)
    for layer in plain.layers:
        model.get_layer(layer.name).set_weights(layer.get_weights())
    return model


def test_without_scales_and_shifts_it_is_the_autoencoder():
    plain = autoencoder(width=8)
    model = _with_the_weights_of(plain)
    inputs = official_inputs("inpaint")
    assert not np.array_equal(model(inputs), plain({"degraded": inputs["degraded"]}))
    for index in (1, 2, 3, 4):
        for kind in ("scale", "shift"):
            layer = model.get_layer(f"enc{index}_{kind}")
            layer.set_weights([np.zeros_like(weight) for weight in layer.get_weights()])
    np.testing.assert_array_equal(model(inputs), plain({"degraded": inputs["degraded"]}))


def test_equals_a_plain_tensorflow_network():
    """The encoder written out once more; the decoder is the autoencoder's."""
    model = sft(width=8)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        value = rng.normal(0, 0.3, weight.shape)
        weight.assign(np.exp(value) if weight.name.endswith("variance") else value)
    inputs = official_inputs("interp")

    def conv(x, name, strides=1):
        layer = model.get_layer(name)
        x = tf.nn.conv2d(x, layer.kernel.value, strides, "SAME")
        return x + layer.bias if layer.use_bias else x

    def act(x, slope=0.1):
        return tf.maximum(x, slope * x)

    condition = act(conv(act(conv(act(conv(inputs["mask"], "condition1", 2)), "condition2")), "condition3"))
    scale, shift = act(conv(condition, "scale_hidden")), act(conv(condition, "shift_hidden"))
    x = inputs["degraded"]
    for index in (1, 2, 3, 4):
        if index > 1:
            scale, shift = (tf.nn.avg_pool2d(hidden, 2, 2, "VALID") for hidden in (scale, shift))
        norm = model.get_layer(f"enc{index}_bn")
        x = conv(x, f"enc{index}", 2)
        x = (x - norm.moving_mean) / np.sqrt(norm.moving_variance + 1e-3) * norm.gamma + norm.beta
        x = act(x * (1 + conv(scale, f"enc{index}_scale")) + conv(shift, f"enc{index}_shift"), 0.2)
    encoder = keras.Model(model.inputs, model.get_layer("enc4_act").output)
    encoded = encoder([inputs["degraded"], inputs["mask"]])
    assert np.std(x) > 0.1
    np.testing.assert_allclose(encoded, x, rtol=1e-3, atol=1e-4 * np.abs(x).max())


def test_the_transform_is_serialised_and_keeps_the_shape():
    layer = SpatialFeatureTransform()
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(twin, SpatialFeatureTransform)
    x = np.full((1, 2, 2, 3), 2.0, "float32")
    np.testing.assert_array_equal(twin([x, x, -x]), x * 3 - x)
    assert layer.compute_output_shape([x.shape] * 3) == x.shape
