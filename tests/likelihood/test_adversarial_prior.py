"""A discriminator as a prior: its value, both derivatives, and the DL-Net that it is saved with."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from dlnet_tf import DLNet
from dlnet_tf.degradations import Masking
from dlnet_tf.likelihood import AdversarialPrior, GradientUpdate
from dlnet_tf.objectives.adversarial import discriminator

SIZE = 16
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((3, SIZE, SIZE, 3))


def judge(dtype):
    """A small one that is smooth, in any precision."""
    keras.utils.set_random_seed(3)
    image = keras.Input((SIZE, SIZE, 3), dtype=dtype)
    x = layers.Conv2D(4, 4, strides=2, activation="tanh", dtype=dtype)(image)
    return keras.Model(image, layers.Conv2D(1, 3, dtype=dtype)(x))


@pytest.fixture
def network():
    keras.utils.set_random_seed(4)
    y = keras.Input((SIZE, SIZE, 3), name="degraded")
    z = layers.Conv2D(6, 3, padding="same", name="z")(y)
    return keras.Model(y, layers.Conv2D(3, 3, padding="same", name="out")(layers.ReLU()(z)))


def test_it_is_the_cross_entropy_of_being_true_averaged_over_patches():
    d = discriminator(SIZE)
    logits = np.asarray(d(IMAGES.astype("float32")), "float64")
    truth = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(AdversarialPrior(d, 2.5)(IMAGES), -2.5 * np.log(truth).mean(axis=(1, 2, 3)), rtol=1e-5)


def test_both_derivatives_are_those_of_finite_differences():
    prior = AdversarialPrior(judge("float64"), 1.7, dtype="float64")
    x, direction = tf.constant(IMAGES), tf.constant(RANDOM.normal(size=IMAGES.shape))

    def slope(at):
        with tf.GradientTape() as tape:
            tape.watch(at)
            value = prior(at)
        return tape.gradient(value, at)

    with tf.GradientTape() as tape:
        tape.watch(x)
        along = tf.reduce_sum(slope(x) * direction)
    second = tape.gradient(along, x)
    assert x.dtype == second.dtype == tf.float64
    step = 1e-5
    first_by_values = (prior(x + step * direction) - prior(x - step * direction)) / (2 * step)
    np.testing.assert_allclose(tf.reduce_sum(slope(x) * direction, axis=(1, 2, 3)), first_by_values, rtol=1e-7)
    second_by_slopes = (slope(x + step * direction) - slope(x - step * direction)) / (2 * step)
    scale = np.abs(second).max()
    assert scale > 1e-4
    np.testing.assert_allclose(second, second_by_slopes, rtol=0, atol=1e-7 * scale)


def test_it_moves_z_and_is_saved_with_the_dlnet(network, tmp_path):
    d = discriminator(SIZE)
    inputs = {"degraded": IMAGES.astype("float32"), "mask": np.ones((3, SIZE, SIZE, 1), "float32")}
    model, free, plain = (
        DLNet(network, Masking(), 3, GradientUpdate(0.01), prior=prior)
        for prior in (AdversarialPrior(d, 500.0), AdversarialPrior(d, 0.0), None)
    )
    expected = np.asarray(model(inputs, training=False))
    unmoved = np.asarray(plain(inputs, training=False))
    np.testing.assert_allclose(free(inputs, training=False), unmoved, atol=1e-6)
    assert np.abs(expected - unmoved).max() > 1e-3
    assert np.all(model.likelihood.prior(expected) < model.likelihood.prior(unmoved))
    model.save(tmp_path / "model.keras")
    # What was copied is not the caller's.
    d.set_weights([np.zeros_like(weight) for weight in d.get_weights()])
    np.testing.assert_array_equal(model(inputs, training=False), expected)
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(inputs, training=False), expected, atol=1e-6)
    assert loaded.likelihood.prior.weight == 500.0


def test_training_goes_through_it_and_leaves_the_discriminator_alone(network):
    prior = AdversarialPrior(judge("float32"), 5.0)
    model = DLNet(network, Masking(), 3, GradientUpdate(0.01), prior=prior)
    assert len(model.trainable_variables) == len(network.trainable_variables) + 1
    before = prior.discriminator.get_weights()
    inputs = {"degraded": IMAGES.astype("float32"), "mask": np.ones((3, SIZE, SIZE, 1), "float32")}
    model.compile("sgd", "mse")
    model.fit(inputs, IMAGES.astype("float32"), verbose=0)
    for old, new in zip(before, prior.discriminator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_discriminator_that_is_trained_elsewhere_stays_trainable():
    d = judge("float32")
    AdversarialPrior(d, 1.0)
    assert len(d.trainable_variables) == 4
