"""The blur of a photograph: against dense Gaussians, and on textures whose blur is known."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.errors import UsageError
from dlnet_tf.restoration import blur_estimation
from dlnet_tf.restoration.blur_estimation import (
    SIDE,
    WIDTHS,
    BlurEstimate,
    estimate_blur_width,
    patch_covariance,
    summarise,
)
from tests import stand_in


def degrade(x, u, scale):
    """y of Eq. (1), [h, w], by the operator itself."""
    return np.asarray(BlurDownsample(scale)(x[None, :, :, None], {"blur_width": np.array([u])}))[0, :, :, 0]


@pytest.mark.parametrize(("scale", "u"), [(2, 0.0), (3, 1.3)])
def test_the_covariance_of_a_patch_is_that_of_the_operator(scale, u):
    # A field of two waves with random phases: its covariance is a sum of two cosines, which the operator maps itself.
    period, waves = 24 * scale, {(1, 2): 3.0, (4, -7): 0.5}
    spectrum = np.zeros((period, period))
    for (down, right), power in waves.items():
        spectrum[down, right] = spectrum[-down, -right] = power * period**2 / 2
    row, column = np.mgrid[:period, :period]
    middle = slice(9, 9 + SIDE)
    expected = 0
    for (down, right), power in waves.items():
        for part in (np.cos, np.sin):
            y = degrade(part(2 * np.pi * (down * row + right * column) / period), u, scale)[middle, middle].ravel()
            expected = expected + power * np.outer(y, y)
    np.testing.assert_allclose(patch_covariance(spectrum, u, scale), expected, atol=1e-6)


def test_the_likelihood_is_that_of_dense_gaussians(monkeypatch):
    monkeypatch.setattr(blur_estimation, "WIDTHS", np.array([0.0, 1.7]))
    monkeypatch.setattr(blur_estimation, "NOISE", np.array([0.5, 2.0]))
    monkeypatch.setattr(blur_estimation, "CONTRASTS", np.array([1.0, 90.0]))
    patches = np.random.default_rng(0).normal(100, 5, (3, SIDE**2))
    blur_estimation._spectra_of_patches.cache_clear()
    try:
        found = blur_estimation.log_likelihood(patches, 2)
    finally:
        blur_estimation._spectra_of_patches.cache_clear()
    # Differences of neighbours say what a patch says without its mean; their density differs by a constant.
    differences = np.diff(np.eye(SIDE**2), axis=0)
    centred = np.eye(SIDE**2) - 1 / SIDE**2
    sharp = [patch_covariance(spectrum, 0.0, 2) for spectrum in blur_estimation._power_spectra(2)]
    size = [np.trace(centred @ covariance @ centred) / (SIDE**2 - 1) for covariance in sharp]
    expected = np.zeros((2, 2))
    for i, u in enumerate((0.0, 1.7)):
        for j, sigma in enumerate((0.5, 2.0)):
            terms = []
            for spectrum, variance in zip(blur_estimation._power_spectra(2), size, strict=True):
                for contrast in (1.0, 90.0):
                    covariance = contrast * patch_covariance(spectrum, u, 2) / variance + sigma**2 * np.eye(SIDE**2)
                    dense = multivariate_normal(None, differences @ covariance @ differences.T)
                    terms.append(dense.logpdf(patches @ differences.T))
            expected[i, j] = (logsumexp(terms, axis=0) - np.log(len(terms))).sum()
    np.testing.assert_allclose(found - found[0, 0], expected - expected[0, 0], rtol=1e-8, atol=1e-6)


def dead_leaves(seed, side):
    """Discs of all sizes that hide one another, the model of photographs with edges; on the scale of gray levels."""
    random = np.random.default_rng(seed)
    row, column = np.mgrid[:side, :side]
    image = np.full((side, side), 128.0)
    for radius in 60 / random.uniform(0.15, 1, 600):
        top, left = random.uniform(0, side, 2)
        image[np.hypot(row - top, column - left) < radius / 4] = random.uniform(20, 235)
    return image


@pytest.mark.parametrize("u", [0.0, 1.2, 2.4])
def test_the_blur_is_found(u):
    y = np.rint(np.clip(degrade(dead_leaves(3, 300), u, 3), 0, 255)).astype(np.uint8)
    estimate = estimate_blur_width(y, 3)
    assert abs(estimate.blur_width - u) < 0.25 and estimate.low <= u <= estimate.high
    assert estimate.posterior.sum() == pytest.approx(1) and estimate.posterior.shape == WIDTHS.shape
    # Gray in three channels is darker by 219 / 255, and as blurred.
    colour = estimate_blur_width(np.dstack([y] * 3), 3)
    assert colour.low <= u <= colour.high
    alpha = np.random.default_rng(0).integers(1, 256, y.shape, np.uint8)
    for image in (257 * y.astype(np.uint16), np.dstack([y, alpha])):
        np.testing.assert_allclose(estimate_blur_width(image, 3).posterior, estimate.posterior, rtol=1e-6)
    np.testing.assert_array_equal(estimate_blur_width(np.dstack([y, y, y, alpha]), 3).posterior, colour.posterior)
    assert str(estimate) == f"u = {estimate.blur_width:.1f} (90 %: {estimate.low:.1f} to {estimate.high:.1f})"


def test_what_is_cut_out_says_nothing_of_the_blur():
    y = stand_in.photograph(4, 240, 240, colour=False)
    rows, columns = np.mgrid[:240, :240]
    alpha = np.where((rows - 120) ** 2 + (columns - 120) ** 2 < 100**2, 255, 0).astype(np.uint8)
    found = [estimate_blur_width(np.dstack([image, alpha]), 3) for image in (y, np.where(alpha, y, 0))]
    np.testing.assert_array_equal(found[0].posterior, found[1].posterior)
    with pytest.raises(UsageError, match="too little detail"):
        estimate_blur_width(np.dstack([y, 0 * alpha]), 3)


def test_the_interval_holds_the_most_probable_widths():
    posterior = np.full(31, 1e-9)
    posterior[[0, 1, 2, 20]] = 0.5, 0.3, 0.15, 0.05
    likelihoods = np.repeat(np.log(posterior)[:, None], 5, axis=1)
    estimate = summarise(likelihoods, temperature=1)
    np.testing.assert_allclose(estimate.posterior, posterior, atol=1e-7)
    assert (estimate.blur_width, estimate.low) == (0, 0) and estimate.high == pytest.approx(0.25)
    # A higher temperature says less.
    assert summarise(likelihoods, temperature=100).high > 2.5


def test_the_largest_width_rounds_to_the_estimate():
    posterior = np.full(31, 1 / 31)
    assert BlurEstimate(0.3, 0.2, 0.5, posterior).largest == pytest.approx(0.35)
    # What is wider than all of the grid cannot be told from its end.
    assert BlurEstimate(3.0, 0.2, 3.0, posterior).largest == np.inf


@pytest.mark.parametrize("u", [0.6, 1.2, 2.4])
def test_the_largest_width_is_close_to_the_true_one(u):
    y = np.rint(np.clip(degrade(dead_leaves(5, 360), u, 3), 0, 255)).astype(np.uint8)
    assert u - 0.1 < estimate_blur_width(y, 3).largest < u + 0.3


def test_photographs_that_say_nothing_are_refused():
    with pytest.raises(UsageError, match="found 23 x 20 pixels, expected at least 16 patches of 6 x 6"):
        estimate_blur_width(np.zeros((20, 23), np.uint8), 3)
    with pytest.raises(UsageError, match=r"found an image of float64 \[90, 90\], expected uint8 or uint16"):
        estimate_blur_width(np.zeros((90, 90)), 3)
    with pytest.raises(UsageError, match="found too little detail to estimate"):
        estimate_blur_width(np.full((90, 90, 3), 77, np.uint8), 3)


def test_a_large_photograph_takes_no_longer(monkeypatch):
    seen = []
    monkeypatch.setattr(
        blur_estimation, "log_likelihood", lambda patches, scale: seen.append(patches) or np.zeros((31, 5))
    )
    image = np.random.default_rng(0).integers(0, 256, (900, 1200), np.uint8)
    estimate_blur_width(image, 3)
    assert seen[0].shape == (blur_estimation.MAX_PATCHES, SIDE**2)
    np.testing.assert_array_equal(seen[0][0], image[:SIDE, :SIDE].ravel())
    np.testing.assert_array_equal(seen[0][-1], image[-SIDE:, -SIDE:].ravel())
