"""The layers of the copy that is trained compute what Keras's own compute."""

import collections
import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf import DLNet, keras_models
from dlnet_tf.degradations import Masking
from dlnet_tf.likelihood import GradientUpdate
from dlnet_tf.training.faster import FASTER, for_training
from dlnet_tf.training.filter_gradient import filter_gradient
from tests import stand_in


def network():
    """A small autoencoder with a layer of every kind, on grids of 32 x 32 down to 4 x 4."""
    keras.utils.set_random_seed(3)
    x = inputs = keras.Input((32, 32, 3), name="degraded")
    for index, width in enumerate((6, 8, 10)):
        x = keras.layers.Conv2D(width, 4, 2, "same", use_bias=index == 1, name=f"enc{index}")(x)
        x = keras.layers.BatchNormalization(name=f"enc{index}_bn")(x)
        x = keras.layers.LeakyReLU(0.2)(x)
    for index, width in enumerate((8, 6)):
        x = keras.layers.Conv2DTranspose(width, 4, 2, "same", use_bias=False, name=f"dec{index}")(x)
        x = keras.layers.BatchNormalization(name="z" if index else "dec_bn")(x)
    return keras.Model({"degraded": inputs}, keras.layers.Conv2DTranspose(3, 4, 2, "same", name="out")(x))


def batch(dtype="float32"):
    random = np.random.default_rng(4)
    return random.normal(0.5, 1, (5, 32, 32, 3)).astype(dtype), random.normal(size=(5, 32, 32, 3)).astype(dtype)


def step(model):
    """Output, gradients and statistics of a training step."""
    degraded, weight = batch()
    with tf.GradientTape() as tape:
        output = model({"degraded": degraded}, training=True)
        loss = tf.reduce_sum(output * weight)
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    return [output, *gradients, *[variable.value for variable in model.non_trainable_variables]]


def assert_close(found, expected, tolerance):
    for one, other in zip(found, expected, strict=True):
        one, other = np.float64(one), np.float64(other)
        assert np.linalg.norm(one - other) <= tolerance * max(np.linalg.norm(other), 1.0)


def test_every_layer_that_can_be_is_a_faster_one():
    model = network()
    copy = for_training(model, "mixed_bfloat16")
    assert [type(layer) for layer in copy.layers] == [FASTER.get(type(layer), type(layer)) for layer in model.layers]
    assert [variable.path for variable in copy.variables] == [variable.path for variable in model.variables]
    for one, other in zip(copy.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_in_float32_a_training_step_is_the_same():
    model = network()
    copy = for_training(model, "float32")
    assert_close(step(copy), step(model), 1e-4)
    degraded, _ = batch()
    np.testing.assert_allclose(copy({"degraded": degraded}), model({"degraded": degraded}), atol=1e-4)


def test_in_bfloat16_a_training_step_is_as_near_to_float32_as_that_of_keras():
    model = network()
    copy, plain = for_training(model, "mixed_bfloat16"), keras_models.with_precision(model, "mixed_bfloat16")
    exact = step(model)
    for index, (one, other, right) in enumerate(zip(step(copy), step(plain), exact, strict=True)):
        size = np.linalg.norm(right) + 1e-3
        off, usual = np.linalg.norm(one - right) / size, np.linalg.norm(other - right) / size
        assert off <= 1.5 * usual + 2e-3, index


@pytest.mark.parametrize("size", [(4, 4), (6, 2)])
@pytest.mark.parametrize("channels, filters", [(1, 1), (1, 5), (3, 1), (3, 5)])
def test_the_gradient_of_a_kernel_is_that_of_the_convolution(size, channels, filters):
    random = np.random.default_rng(5)
    height, width = size
    large = tf.constant(random.normal(size=(2, 2 * height, 2 * width, channels)))
    small = tf.constant(random.normal(size=(2, height, width, filters)))
    kernel = tf.zeros((4, 4, channels, filters), "float64")
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        inner = tf.reduce_sum(tf.nn.conv2d(large, kernel, 2, "SAME") * small)
    np.testing.assert_allclose(filter_gradient(large, small), tape.gradient(inner, kernel), rtol=1e-12, atol=1e-12)


def operations(model):
    """How many of the operations that differ are in the graph of a training step."""
    graph = tf.function(functools.partial(step, model), autograph=False).get_concrete_function().graph
    types = collections.Counter(op.type for op in graph.get_operations())
    return types["FusedBatchNormV3"], types["FusedBatchNormGradV3"], types["Conv2DBackpropFilter"]


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="on a GPU convolutions stay Keras's")
def test_a_step_is_made_of_the_faster_operations():
    # Five normalisations, and of six kernels those of the first and the last layer, which are in float32.
    assert operations(for_training(network(), "mixed_bfloat16")) == (5, 5, 2)
    assert operations(keras_models.with_precision(network(), "mixed_bfloat16")) == (0, 0, 6)
    assert operations(for_training(network(), "float32")) == (5, 5, 6)


def test_the_derivative_of_a_bfloat16_layer_can_be_taken_twice():
    # As an adversarial prior or a user's loss may do.
    degraded, weight = (tf.constant(value) for value in batch())

    def derivative(model, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = tf.reduce_sum(model({"degraded": x}, training=False) ** 2 * weight)
        return tape.gradient(value, x)

    def second(model):
        with tf.GradientTape() as tape:
            tape.watch(degraded)
            squares = tf.reduce_sum(derivative(model, degraded) ** 2)
        return tape.gradient(squares, degraded)

    found = second(for_training(network(), "mixed_bfloat16"))
    expected = second(keras_models.with_precision(network(), "mixed_bfloat16"))
    assert np.linalg.norm(found - expected) < 0.01 * np.linalg.norm(expected)


@pytest.mark.parametrize("config", [{"renorm": True}, {"axis": 1}, {"synchronized": True}, {"dtype": "float64"}])
def test_what_cannot_be_fused_is_left_to_keras(config):
    plain = keras.layers.BatchNormalization(**config)
    fused = FASTER[keras.layers.BatchNormalization].from_config(plain.get_config())
    values = batch("float64" if "dtype" in config else "float32")[0]
    for layer in (plain, fused):
        layer.build(values.shape)
    np.testing.assert_array_equal(fused(values, training=True), plain(values, training=True))
    for one, other in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_layer_that_is_frozen_keeps_its_statistics():
    model = for_training(network(), "float32")
    model.trainable = False
    before = model.get_weights()
    model({"degraded": batch()[0]}, training=True)
    for one, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_dl_net_trains_through_them():
    keras.utils.set_random_seed(6)
    model = DLNet(stand_in.autoencoder(), Masking(), 3, GradientUpdate(0.1))
    copy = for_training(model, "mixed_bfloat16")
    assert {type(layer) for layer in copy.backbone.layers} >= {*FASTER.values()}
    random = np.random.default_rng(7)
    inputs = {"degraded": random.random((2, 64, 64, 3), "float32"), "mask": np.ones((2, 64, 64, 1), "float32")}
    plain = keras_models.with_precision(model, "mixed_bfloat16")
    found, usual, exact = (one(inputs, training=True) for one in (copy, plain, model))
    assert np.linalg.norm(found - exact) < 1.5 * np.linalg.norm(usual - exact)


def test_two_steps_of_one_batch_have_the_same_bits():
    model = for_training(network(), "mixed_bfloat16")
    weights = model.get_weights()
    taken = tf.function(lambda: step(model), autograph=False)
    first = [value.numpy() for value in taken()]
    for _ in range(20):
        model.set_weights(weights)
        for one, other in zip(taken(), first, strict=True):
            np.testing.assert_array_equal(one, other)
