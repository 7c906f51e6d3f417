import numpy as np
import pytest

from dlnet_tf.degradations import sample_stroke_masks
from dlnet_tf.objectives import BoundaryWeighted
from dlnet_tf.objectives.boundary import boundary_weight
from tests.objectives.linear_model import KERNEL, assert_gradient_is_a_finite_difference, batch, linear_model


def by_hand(mask, band):
    """Look at the neighbourhood of every pixel."""
    weight = np.zeros(mask.shape)
    height, width = mask.shape
    for i in range(height):
        for j in range(width):
            around = mask[max(i - band, 0) : i + band + 1, max(j - band, 0) : j + band + 1]
            weight[i, j] = 1 if mask[i, j] == 0 else 10 * (around.min() == 0)
    return weight


def test_a_square_hole_grows_by_the_band():
    mask = np.ones((1, 64, 64, 1), "float32")
    mask[:, 20:30, 2:12] = 0
    expected = np.zeros((64, 64))
    expected[13:37, 0:19] = 10
    expected[20:30, 2:12] = 1
    np.testing.assert_array_equal(boundary_weight(mask, 7)[0, ..., 0], expected)
    np.testing.assert_array_equal(boundary_weight(mask, 0), 1 - mask)


@pytest.mark.parametrize("band", [1, 7])
def test_any_hole_grows_by_the_band(band):
    masks = sample_stroke_masks([1, 2], 3, 40)[0].numpy()
    for mask, weight in zip(masks, boundary_weight(masks, band), strict=True):
        np.testing.assert_array_equal(weight[..., 0], by_hand(mask[..., 0], band))


def test_an_error_counts_by_where_it_is():
    inputs, clean, restored = batch()
    loss = BoundaryWeighted(0.3, band=1)(linear_model(), inputs, clean)
    weight = np.stack([by_hand(mask, 1) for mask in inputs["mask"][..., 0]])[..., None]
    expected = 0.5 * np.sum(weight * (restored - clean) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(loss, expected + 0.3 * 0.5 * np.sum(KERNEL**2), rtol=1e-12)
    # All missing: the plain loss; none missing: none.
    np.testing.assert_allclose(expected[-2:], [0.5 * np.sum((restored[-2] - clean[-2]) ** 2), 0], rtol=1e-12)


def test_the_gradient_is_a_finite_difference():
    assert_gradient_is_a_finite_difference(BoundaryWeighted(0.3, band=1))
