"""The kernels that are no Gaussians of one width, against their moments in closed form."""

import numpy as np
import pytest

from benchmarks.kernels import KERNELS, disk, gaussian, motion


def spread(kernel):
    """Covariance in pixels, without what sampling adds: 1/12 for pixels as large as the points are apart."""
    y, x = np.mgrid[-7:8, -7:8]
    xx, yy, xy = (np.sum(kernel * part) for part in (x * x, y * y, x * y))
    return np.array([[xx, xy], [xy, yy]])


def test_they_keep_brightness_and_place():
    y, x = np.mgrid[-7:8, -7:8]
    for kernel in KERNELS.values():
        assert kernel.shape == (15, 15) and kernel.min() >= 0 and kernel.sum() == pytest.approx(1)
        assert np.sum(kernel * x) == pytest.approx(0, abs=1e-9) and np.sum(kernel * y) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("kernel", "along", "across", "degrees"),
    [
        (gaussian(2.0, 0.8, 30), 2.0**2, 0.8**2, 30),
        (motion(7, 30), 7**2 / 12, 1 / 12, 30),
        (motion(11, 0), 11**2 / 12, 1 / 12, 0),
        (disk(3), 9 / 4, 9 / 4, 0),
    ],
)
def test_they_have_the_spread_that_they_say(kernel, along, across, degrees):
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    # Summing over a pixel adds its own spread, or takes it where an edge lies on one of the pixel's.
    expected = turn @ np.diag([along, across]) @ turn.T + np.eye(2) / 12
    np.testing.assert_allclose(spread(kernel), expected, atol=0.2)
