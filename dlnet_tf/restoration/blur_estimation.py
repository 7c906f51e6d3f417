"""The blur width u of a photograph, from the photograph alone: its likelihood over a grid of u, without a network.

A small patch p of y, its mean removed, is a draw from a mixture of Gaussians whose covariances follow from Eq. (1):

    p ~ N(0, c C_u + sigma^2 I),    C_u = covariance of (k_u * x)|t,    x with the power spectrum 1 / |f|^a

The power laws are those of photographs; of each exponent a there is one without direction, for textures, and there are
several stretched along a line, for edges. The contrast c is the patch's own, the noise sigma and u are the
photograph's. All values of a grid are equally likely beforehand: nothing was learned. The fidelity of a network,
|(W h(z))|t - y|^2, could not do this: being free to choose its image, it reproduces y at every u.

Edges and textures are no Gaussian fields, and neighbouring patches are not independent, so that the plain posterior is
far too narrow. It is tempered, L^(1 / T), with T such that intervals held what they say on training images.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Final

import numpy as np
from keras import ops

from dlnet_tf.degradations.blurred_resize import gaussian_taps
from dlnet_tf.errors import UsageError
from dlnet_tf.resize import resize_matrix
from dlnet_tf.restoration.pixels import check_photograph, gray_levels

# In place of a blur width: the one that is estimated.
AUTO: Final = "auto"
WIDTHS = np.linspace(0, 3, 31)
# What a width of the grid stands for, on either side.
HALF = 0.05
# Gray levels of 255; the lowest stands for rounding.
NOISE = np.array([0.3, 0.6, 1.2, 2.4, 4.8])
# Variances of a patch before it is blurred, in squared gray levels.
CONTRASTS = np.exp(np.linspace(-4, 9, 14))
EXPONENTS = (2.0, 3.0)
DIRECTIONS, STRETCH = 8, 4.0
SIDE = 6
# Evenly spread over a photograph; more of them would not make the model truer.
MAX_PATCHES = 500
MIN_PATCHES = 16
# T, chosen by `python -m benchmarks.blur_estimate --calibrate`, and how much of the posterior the interval holds.
TEMPERATURE = 60.0
COVERED = 0.9
# The period of the fields x, in degraded pixels.
_PERIOD = 64


@dataclasses.dataclass(frozen=True)
class BlurEstimate:
    """What a photograph says about its blur.

    Attributes:
        blur_width: the most probable u, in pixels of the enlarged image.
        low: start of the interval of the most probable widths, which hold 90 % of the posterior.
        high: its end.
        posterior: probability of each u, [len(WIDTHS)], sums to 1.
    """

    blur_width: float
    low: float
    high: float
    posterior: np.ndarray

    @property
    def largest(self) -> float:
        """The largest u that rounds to the estimate, infinity at the end of the grid."""
        return math.inf if self.blur_width == WIDTHS[-1] else self.blur_width + HALF

    def __str__(self) -> str:
        """Return the estimate with its uncertainty in words."""
        return f"u = {self.blur_width:.1f} (90 %: {self.low:.1f} to {self.high:.1f})"


def estimate_blur_width(image: np.ndarray, scale: int) -> BlurEstimate:
    """Estimate the blur of a photograph that is to be enlarged; a few seconds, whatever its size.

    Args:
        image: uint8 or uint16, [h, w] or [h, w, C] as `super_resolve` takes it.
        scale: magnification t.

    Returns:
        The estimate, in pixels of the enlarged image.

    Raises:
        UsageError: it is no photograph, or one that is too small or of one colour.
    """
    return summarise(log_likelihood(cut_patches(image), scale))


def log_likelihood(patches: np.ndarray, scale: int) -> np.ndarray:
    """Return the log likelihood of patches that are taken for independent, up to a constant.

    Args:
        patches: [N, SIDE^2], in gray levels of 255.
        scale: t.

    Returns:
        [len(WIDTHS), len(NOISE)] float64, of (u, sigma).
    """
    return np.array([_mixture(patches, kinds) for kinds in _spectra_of_patches(scale)])


def _mixture(patches: np.ndarray, kinds: list[tuple[np.ndarray, np.ndarray]]) -> list[float]:
    """Return the log likelihood for each sigma under a mixture of kinds, given as eigenvalues and eigenvectors."""
    squares = [((patches @ vectors) ** 2, np.outer(CONTRASTS, values)) for values, vectors in kinds]
    found = []
    for sigma in NOISE:
        terms = []
        for square, signal in squares:
            variances = signal + sigma**2
            terms.append(square @ (1 / variances).T + np.log(variances).sum(axis=1))
        exponents = -0.5 * np.concatenate(terms, axis=1)
        largest = exponents.max(axis=1, keepdims=True)
        found.append(float(np.sum(largest[:, 0] + np.log(np.exp(exponents - largest).mean(axis=1)))))
    return found


def cut_patches(image: np.ndarray) -> np.ndarray:
    """Cut non-overlapping patches out of a photograph, evenly spread, without those that say nothing.

    Flat ones do not, nor those with a pixel that is wholly transparent: what is cut out has a sharp edge, which no lens
    blurred.

    Args:
        image: as `estimate_blur_width` takes it.

    Returns:
        Luminance in gray levels of 255, [N, SIDE^2].

    Raises:
        UsageError: it is no photograph, or there are too few patches.
    """
    check_photograph(image)
    rows, columns = image.shape[0] // SIDE, image.shape[1] // SIDE
    if rows * columns < MIN_PATCHES:
        found, expected = f"{image.shape[1]} x {image.shape[0]}", f"{MIN_PATCHES} patches of {SIDE} x {SIDE}"
        raise UsageError(f"found {found} pixels, expected at least {expected} to estimate the blur; give --blur_width")
    blocks = image[: rows * SIDE, : columns * SIDE].reshape(rows, SIDE, columns, SIDE, -1)
    # Most of a large photograph is never converted; of what is, a part may be flat.
    row, column = np.divmod(_spread(rows * columns, 8 * MAX_PATCHES), columns)
    seen = blocks[row, :, column]
    if seen.shape[-1] in (2, 4):
        seen = seen[(seen[..., -1] > 0).all(axis=(1, 2))]
    patches = gray_levels(seen).reshape(-1, SIDE**2)
    patches = patches[np.ptp(patches, axis=1) > 1]
    if len(patches) < MIN_PATCHES:
        raise UsageError("found too little detail to estimate the blur; give --blur_width")
    return patches[_spread(len(patches), MAX_PATCHES)]


def _spread(available: int, wanted: int) -> np.ndarray:
    """Return indices, evenly spread, of all that are available if no more than that are wanted."""
    return np.linspace(0, available - 1, min(available, wanted)).round().astype(int)


def summarise(log_likelihoods: np.ndarray, temperature: float = TEMPERATURE) -> BlurEstimate:
    """Return the estimate that log likelihoods [len(WIDTHS), len(NOISE)] of a photograph stand for."""
    joint = np.exp((log_likelihoods - log_likelihoods.max()) / temperature)
    posterior = joint.sum(axis=1) / joint.sum()
    # The most probable widths that make up the share; each stands for its cell of the grid.
    order = np.argsort(-posterior, kind="stable")
    kept = WIDTHS[order[: np.searchsorted(np.cumsum(posterior[order]), COVERED) + 1]]
    low, high = max(kept.min() - HALF, WIDTHS[0]), min(kept.max() + HALF, WIDTHS[-1])
    return BlurEstimate(float(WIDTHS[order[0]]), float(low), float(high), posterior)


@functools.lru_cache(maxsize=4)
def _spectra_of_patches(scale: int) -> list[list[tuple[np.ndarray, np.ndarray]]]:
    """Return for each u, for each kind of patch: eigenvalues [n] and eigenvectors [SIDE^2, n] of C_u.

    Kinds have unit variance where u = 0, so that contrasts are those of the scene. The mean of a patch is left out.
    """
    # An orthonormal basis of what is orthogonal to the constant.
    basis = np.linalg.qr(np.column_stack([np.ones(SIDE**2), np.eye(SIDE**2)[:, 1:]]))[0][:, 1:]
    kinds = np.stack(_power_spectra(scale))
    scales: list[float] = []
    found = []
    for u in WIDTHS:
        covariances = basis.T @ patch_covariance(kinds, float(u), scale) @ basis
        scales = scales or [float(np.trace(covariance)) / len(covariance) for covariance in covariances]
        pairs = [np.linalg.eigh(covariance / size) for covariance, size in zip(covariances, scales, strict=True)]
        # Rounding may leave eigenvalues of -1e-17.
        found.append([(np.maximum(values, 0), basis @ vectors) for values, vectors in pairs])
    return found


def _power_spectra(scale: int) -> list[np.ndarray]:
    """Return the power spectra of x, [n, n] each: 1 / |f|^a, without direction and stretched across each direction."""
    frequency = np.fft.fftfreq(scale * _PERIOD)
    down, right = frequency[:, None], frequency[None, :]
    lengths = [np.hypot(down, right)]
    for angle in np.arange(DIRECTIONS) * np.pi / DIRECTIONS:
        along = np.cos(angle) * right + np.sin(angle) * down
        across = np.cos(angle) * down - np.sin(angle) * right
        lengths.append(np.hypot(along, STRETCH * across))
    spectra = []
    for exponent in EXPONENTS:
        for length in lengths:
            spectrum = np.where(length > 0, length, 1) ** -exponent
            spectrum[0, 0] = 0  # the mean, which is left out
            spectra.append(spectrum)
    return spectra


def patch_covariance(spectrum: np.ndarray, blur_width: float, scale: int) -> np.ndarray:
    """Return the covariance of a patch of y = (k_u * x)|t.

    Args:
        spectrum: [.., n, n], power spectrum of the stationary field x of period n, a multiple of the scale.
        blur_width: u.
        scale: t.

    Returns:
        [.., SIDE^2, SIDE^2] float64.
    """
    # Far from the border every row of the resize is the same filter, shifted.
    taps = resize_matrix(15 * scale, 15, 1 / scale, "float64")[7]
    blur = ops.convert_to_numpy(gaussian_taps(np.array([blur_width])))[0]
    frequency = np.fft.fftfreq(spectrum.shape[-1])
    response = np.abs(_fourier(taps, frequency) * _fourier(blur, frequency)) ** 2
    # The inverse transform of what is left of the spectrum, at the lags that a patch has, in degraded pixels.
    lags = np.arange(1 - SIDE, SIDE)
    waves = np.exp(2j * np.pi * scale * np.outer(lags, frequency)) * response / len(frequency)
    covariance = (waves @ spectrum @ waves.T).real
    lag = np.subtract.outer(np.arange(SIDE), np.arange(SIDE)) + SIDE - 1
    every_pair = covariance[..., lag[:, None, :, None], lag[None, :, None, :]]
    return every_pair.reshape(*spectrum.shape[:-2], SIDE**2, SIDE**2)


def _fourier(taps: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    return np.exp(-2j * np.pi * np.outer(frequency, np.arange(len(taps)))) @ taps
