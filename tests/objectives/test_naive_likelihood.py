import numpy as np
import pytest

from dlnet_tf.objectives import NaiveLikelihood
from tests.objectives.linear_model import KERNEL, assert_gradient_is_a_finite_difference, batch, linear_model


@pytest.mark.parametrize("weight", [1e2, 1e5])
def test_it_is_the_joint_loss_and_the_mean_over_observed_pixels(weight):
    inputs, clean, restored = batch()
    loss = NaiveLikelihood(weight, 0.3)(linear_model(), inputs, clean)
    for i, mask in enumerate(inputs["mask"][..., 0]):
        squares = np.sum((restored[i] - clean[i]) ** 2, axis=-1)
        observed = squares[mask == 1]
        second = weight * 0.5 * np.sum(observed) / len(observed) if len(observed) else 0
        expected = 0.5 * np.sum(squares) + second + 0.3 * 0.5 * np.sum(KERNEL**2)
        np.testing.assert_allclose(loss[i], expected, rtol=1e-12)
    assert [np.sum(mask) for mask in inputs["mask"][-2:]] == [0, 42]


def test_the_gradient_is_a_finite_difference():
    assert_gradient_is_a_finite_difference(NaiveLikelihood(100.0, 0.3))


@pytest.mark.parametrize("weight, share", [(1e2, 0.03), (1e3, 0.27), (1e4, 2.7), (1e5, 27)])
def test_observed_pixels_weigh_what_the_authors_let_them_weigh(weight, share):
    # A hole of 20 x 20 in 64 x 64, an error in one observed pixel.
    mask = np.ones((1, 64, 64, 1))
    mask[:, 22:42, 22:42] = 0
    clean = np.zeros((1, 64, 64, 3))
    restored = clean.copy()
    restored[0, 0, 0] = 1
    error = NaiveLikelihood(weight).error(restored, clean, {"mask": mask})
    np.testing.assert_allclose(error, 1.5 * (1 + share), rtol=0.05)
