import keras
import numpy as np
import pytest

from dlnet_tf.backbones import autoencoder
from dlnet_tf.degradations import Masking
from dlnet_tf.likelihood import DLNet, GradientUpdate
from dlnet_tf.objectives import Objective
from dlnet_tf.objectives.objective import convolution_kernels
from tests.objectives.linear_model import BIAS, KERNEL, assert_gradient_is_a_finite_difference, batch, linear_model


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_every_sample_has_half_its_squared_error_and_the_whole_decay(weight_decay):
    inputs, clean, restored = batch()
    expected = 0.5 * np.sum((restored - clean) ** 2, axis=(1, 2, 3)) + weight_decay * 0.5 * np.sum(KERNEL**2)
    np.testing.assert_allclose(Objective(weight_decay)(linear_model(), inputs, clean), expected, rtol=1e-12)


def test_the_gradient_is_a_finite_difference():
    assert_gradient_is_a_finite_difference(Objective(0.3))


def test_nothing_is_trained_or_drawn_beside_the_model():
    assert list(Objective().variables) == [] and Objective().curves() == {}


def test_the_model_runs_in_training_mode():
    degraded = keras.Input((6, 7, 2), name="degraded")
    normalised = keras.layers.BatchNormalization(epsilon=0, center=False, scale=False)(degraded)
    inputs, clean, _ = batch()
    loss = Objective()(keras.Model({"degraded": degraded}, normalised), inputs, clean)
    y = inputs["degraded"]
    expected = (y - y.mean(axis=(0, 1, 2))) / y.std(axis=(0, 1, 2))
    np.testing.assert_allclose(loss, 0.5 * np.sum((expected - clean) ** 2, axis=(1, 2, 3)), rtol=1e-4)


@pytest.mark.parametrize("likelihood", [False, True])
def test_of_the_autoencoder_only_the_convolutions_decay_and_each_once(likelihood):
    model = autoencoder(width=4)
    if likelihood:
        model = DLNet(model, Masking(), num_steps=2, update=GradientUpdate(1.0))
    layers = ["enc1", "enc2", "enc3", "enc4", "dec1", "dec2", "dec3", "out"]
    kernels = convolution_kernels(model)
    assert sorted(kernel.path.split("/")[-2] for kernel in kernels) == sorted(layers)
    others = {variable.path.split("/")[-2] for variable in model.trainable_variables} - set(layers)
    assert others == {"channel_fc", "enc1_bn", "enc2_bn", "enc3_bn", "enc4_bn", "dec1_bn", "dec2_bn", "z"} | (
        {"gradient_update"} if likelihood else set()
    )


def test_biases_do_not_decay():
    assert np.any(BIAS != 0)
    assert [kernel.path for kernel in convolution_kernels(linear_model())] == ["conv/kernel"]
