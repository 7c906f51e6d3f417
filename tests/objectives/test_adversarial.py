import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.objectives import Adversarial
from dlnet_tf.objectives.adversarial import discriminator

SIZE = 32
WEIGHT = 3.0
DECAY = 0.3


def softplus(logits):
    return tf.reduce_mean(tf.math.log(1 + tf.exp(logits)), axis=(1, 2, 3))


@pytest.fixture(scope="module")
def setting():
    keras.utils.set_random_seed(1)
    degraded = keras.Input((SIZE, SIZE, 3), name="degraded")
    model = keras.Model({"degraded": degraded}, keras.layers.Conv2D(3, 3, padding="same")(degraded))
    random = np.random.default_rng(0)
    inputs = {"degraded": random.random((3, SIZE, SIZE, 3), "float32")}
    return model, Adversarial(WEIGHT, DECAY, size=SIZE), inputs, random.random((3, SIZE, SIZE, 3), "float32")


def test_the_loss_is_that_of_both_players(setting):
    model, objective, inputs, clean = setting
    judge, restored = objective.discriminator, model(inputs)
    expected = (
        0.5 * tf.reduce_sum((restored - clean) ** 2, axis=(1, 2, 3))
        + DECAY * 0.5 * np.sum(model.get_weights()[0] ** 2)
        + WEIGHT * softplus(-judge(restored))
        + softplus(-judge(clean))
        + softplus(judge(restored))
    )
    np.testing.assert_allclose(objective(model, inputs, clean), expected, rtol=1e-5)


def test_each_player_gets_the_gradient_of_its_own_loss(setting):
    model, objective, inputs, clean = setting
    judge = objective.discriminator
    # A graph, as in training.
    both = [*model.trainable_variables, *objective.variables]

    @tf.function(autograph=False)
    def together():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(objective(model, inputs, clean)) / 3
        return tape.gradient(loss, [variable.value for variable in both])

    with tf.GradientTape() as tape:
        restored = model(inputs)
        of_generator = tf.reduce_mean(
            0.5 * tf.reduce_sum((restored - clean) ** 2, axis=(1, 2, 3)) + WEIGHT * softplus(-judge(restored))
        ) + DECAY * tf.nn.l2_loss(model.trainable_variables[0])
    expected = tape.gradient(of_generator, model.trainable_weights)
    with tf.GradientTape() as tape:
        of_discriminator = tf.reduce_mean(softplus(-judge(clean)) + softplus(judge(restored)))
    expected += tape.gradient(of_discriminator, judge.trainable_weights)
    for found, wanted in zip(together(), expected, strict=True):
        scale = np.abs(wanted).max()
        assert scale > 0
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-4 * scale)


def test_the_discriminator_judges_each_image_alone():
    judge = discriminator()
    images = np.random.default_rng(0).random((3, 64, 64, 3), "float32")
    together = judge(images, training=True)
    assert together.shape == (3, 4, 4, 1)
    np.testing.assert_allclose(together[1:2], judge(images[1:2]), atol=1e-6)


def test_its_variables_have_the_same_names_in_every_run():
    first, second = Adversarial(1.0, size=16), Adversarial(1.0, size=16)
    names = [
        f"{layer}/{kind}" for layer in ("conv1", "conv2", "conv3", "conv4", "logits") for kind in ("kernel", "bias")
    ]
    assert [v.path for v in first.variables] == [v.path for v in second.variables] == names
    assert len(first.variables) == len(first.discriminator.variables)
