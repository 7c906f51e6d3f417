"""The level of white noise, estimated and known."""

import numpy as np
import pytest

from dlnet_tf.data.samples import load_samples
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.restoration.noise_estimation import estimate_noise_sigma, of_photograph
from dlnet_tf.rounding import rounding


@pytest.mark.parametrize("sigma", [0.005, 0.02, 0.05])
def test_white_noise_alone_is_measured(sigma):
    noise = sigma * np.random.default_rng(0).standard_normal((200, 300))
    slope = np.linspace(0.2, 0.6, 300) + np.linspace(0, 0.2, 200)[:, None]
    assert estimate_noise_sigma(slope + noise) == pytest.approx(sigma, rel=0.03)
    assert estimate_noise_sigma(slope) < 1e-12


@pytest.mark.parametrize("u", [1.3, 2.6])
@pytest.mark.parametrize("sigma", [0.01, 0.03])
def test_that_of_blurred_photographs_is_hardly_overestimated(u, sigma):
    for pair in protocol.make_pairs(load_samples()[:3], 3, u, sigma):
        assert 0.9 * sigma < estimate_noise_sigma(pair.degraded[0, ..., 0]) < 1.8 * sigma


def test_a_photograph_has_that_of_rounding_at_least():
    for dtype, top in ((np.uint8, 255), (np.uint16, 65535)):
        for shape in ((40, 30), (40, 30, 2), (2000, 30, 3), (2, 2)):
            assert of_photograph(np.full(shape, 9, dtype)) == pytest.approx(1 / (top * 12**0.5))
    noisy = np.clip(128 + 10 * np.random.default_rng(0).standard_normal((1500, 1200, 1)), 0, 255)
    # The luminance of RGB spans 219 levels.
    for channels, sigma in ((1, 10 / 255), (3, 10 / 255 * 219 / 255)):
        photograph = noisy.astype(np.uint8).repeat(channels, axis=2).squeeze()
        assert of_photograph(photograph) == pytest.approx(sigma, rel=0.05)


def test_what_is_cut_out_counts_as_no_picture_without_noise():
    noisy = (128 + 5 * np.random.default_rng(0).standard_normal((60, 60))).astype(np.uint8)
    alpha = np.full((60, 60), 255, np.uint8)
    alpha[:, :40] = 0
    cut = np.dstack([np.where(alpha, noisy, 0), alpha])
    assert of_photograph(cut) == pytest.approx(5 / 255, rel=0.2)
    assert of_photograph(cut[:, :30]) == pytest.approx(rounding(np.dtype(np.uint8)))
