"""What needs no training fills as the libraries and formulas say, and leaves known pixels alone."""

import cv2
import numpy as np
import pytest
from scipy.interpolate import griddata

from dlnet_tf.evaluation import corruptions
from dlnet_tf.evaluation.untrained import UNTRAINED, linear
from tests import stand_in

IMAGES = np.stack([stand_in.photograph(seed, 64, 64) for seed in range(3)]) / np.float32(255)


def masked(task, level):
    mask = corruptions.draw(task, level, 3, 1, 0)
    return IMAGES * mask, mask.astype(np.float32)


@pytest.mark.parametrize("name", UNTRAINED)
@pytest.mark.parametrize(("task", "level"), [("inpaint", "s=20"), ("interp", "r=45%")])
def test_known_pixels_stay_and_others_are_filled(name, task, level):
    degraded, mask = masked(task, level)
    filled = UNTRAINED[name](degraded, mask)
    known = np.broadcast_to(mask > 0, IMAGES.shape)
    np.testing.assert_allclose(filled[known], IMAGES[known], atol=1e-7)
    assert filled.dtype == np.float32 and np.abs(filled - IMAGES)[~known].mean() < 0.1


@pytest.mark.parametrize(("name", "method"), [("telea", cv2.INPAINT_TELEA), ("navier_stokes", cv2.INPAINT_NS)])
def test_two_of_them_are_opencvs(name, method):
    degraded, mask = masked("inpaint", "s=30")
    image = np.rint(255 * degraded[1]).astype(np.uint8)
    expected = cv2.inpaint(image, (1 - mask[1]).astype(np.uint8), 3, method)
    np.testing.assert_allclose(255 * UNTRAINED[name](degraded, mask)[1], expected, atol=1e-4)


def test_linear_interpolation_is_that_of_scipy_and_the_nearest_pixel_beyond():
    degraded, mask = masked("interp", "r=75%")
    for image, holes, filled in zip(degraded, mask[..., 0], linear(degraded, mask), strict=True):
        known, missing = np.argwhere(holes > 0), np.argwhere(holes == 0)
        expected = griddata(known, image[holes > 0], missing, method="linear")
        nearest = griddata(known, image[holes > 0], missing, method="nearest")
        outside = np.isnan(expected[:, 0])
        assert outside.any()
        np.testing.assert_allclose(filled[holes == 0][~outside], expected[~outside], atol=1e-6)
        # Two known pixels may have the same distance; either is right.
        assert np.mean(np.abs(filled[holes == 0] - nearest)[outside] < 1e-6) > 0.5


@pytest.mark.parametrize(("task", "level"), [("inpaint", "s=10"), ("inpaint", "s=30"), ("interp", "r=15%")])
def test_linear_interpolation_restores_a_plane(task, level):
    row, column = np.mgrid[:64, :64] / 200
    plane = np.stack([row, column, 0.3 + row - column / 2], axis=-1)[None].astype(np.float32)
    mask = corruptions.draw(task, level, 1, 1, 3)
    # At the border nothing is missing, so that nothing lies beyond the known pixels.
    mask[:, [0, -1]], mask[:, :, [0, -1]] = 1, 1
    np.testing.assert_allclose(linear(plane * mask, mask), plane, atol=1e-6)


def test_a_single_line_of_known_pixels_has_no_triangles():
    mask = np.zeros((1, 64, 64, 1), np.uint8)
    mask[:, 20] = 1
    filled = linear(IMAGES[:1] * mask, mask)
    np.testing.assert_array_equal(filled, np.broadcast_to(IMAGES[:1, 20:21], filled.shape))
