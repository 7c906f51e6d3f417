"""The dense form of a grouped convolution against Keras' own grouped convolution."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.backbones.grouped_conv import GroupedConv2D


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_equals_keras_grouped_convolution_with_its_gradients(groups):
    ours = GroupedConv2D(8, 3, groups, dtype="float64")
    theirs = keras.layers.Conv2D(8, 3, groups=groups, padding="same", dtype="float64")
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(2, 5, 6, 12)))
    results = []
    for layer in (ours, theirs):
        layer.build(x.shape)
        if layer is ours:
            ours.set_weights([rng.normal(size=weight.shape) for weight in ours.weights])
        else:
            theirs.set_weights(ours.get_weights())
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
            loss = tf.reduce_sum(tf.sin(y))
        results.append([y, *tape.gradient(loss, [x, *(weight.value for weight in layer.weights)])])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-10)
    assert ours.compute_output_shape(x.shape) == results[0][0].shape


def test_config_round_trip():
    layer = GroupedConv2D(8, 3, 2)
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(twin, GroupedConv2D) and twin.get_config() == layer.get_config()
