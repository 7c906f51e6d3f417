"""A DL-Net that is trained on from another one has its step sizes and dampings."""

import numpy as np
import pytest

from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate, NeutralStart
from dlnet_tf.likelihood.succession import take_over
from tests import stand_in


@pytest.fixture(scope="module")
def network():
    return stand_in.idn(scale=2)


def learned(network, num_steps, damping=None, start=None, seed=None):
    model = DLNet(network, BlurDownsample(2), num_steps, GradientUpdate(2.0, damping), start=start)
    if seed is not None:
        random = np.random.default_rng(seed)
        for variable in [*model.update.trainable_variables, *(start.trainable_variables if start else [])]:
            variable.assign(random.uniform(-1, 1, variable.shape))
    return model


def dampings(model, use, sigma=0.3):
    return [np.asarray(value) for value in model.update.dampings.values(use, sigma, 0.7)]


def test_all_that_moves_z_goes_over_and_the_last_step_repeats(network):
    source = learned(network, 3, 1e-3, NeutralStart(1e-4), seed=0)
    model = learned(network, 5, 1e-2, NeutralStart(1e-6))
    take_over(model, source)
    sizes = np.asarray(source.update.step_sizes)
    np.testing.assert_array_equal(model.update.step_sizes, sizes[[0, 1, 1, 1]])
    for use in range(4):
        np.testing.assert_allclose(dampings(model, use), dampings(source, min(use, 1)), rtol=1e-5)
    starts = [np.asarray(one.start.dampings.values(0, 0.3, 0.7)) for one in (model, source)]
    np.testing.assert_allclose(*starts, rtol=1e-5)
    fewer = learned(network, 2)
    take_over(fewer, learned(network, 3, seed=1))
    assert fewer.update.step_sizes.shape[0] == 1


def test_what_does_not_fit_stays_as_it_was_calibrated(network):
    for model, source in (
        (learned(network, 3, 1e-3), learned(network, 3, seed=0)),
        (learned(network, 3), DLNet(network, BlurDownsample(2), 3, AdamUpdate(0.01))),
        (learned(network, 3), network),
    ):
        take_over(model, source)
        np.testing.assert_array_equal(model.update.step_sizes, np.full(model.update.factors.shape, 2.0, "float32"))
    take_over(network, learned(network, 3))
