"""Filters by matrix products against fast transforms."""

import numpy as np
import tensorflow as tf

from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.degradations.fourier import filtered, spectrum
from dlnet_tf.degradations.portable import portable


def test_matrices_filter_as_fast_transforms_do():
    random = np.random.default_rng(0)
    response = np.zeros((2, 12, 10))
    response[:, 0, 0], response[:, 0, 1], response[:, 0, -1] = 3, 1, 1
    response[:, 2, 3], response[:, -2, -3] = 0.5, 0.5
    image = random.random((2, 3, 12, 10))
    at_a_pixel = np.sum(image[0, 0] * np.roll(response[0], (4, 4), (0, 1)))
    image, response = tf.constant(image), tf.constant(response)
    expected = np.asarray(filtered(image, spectrum(response)[:, None]))
    np.testing.assert_allclose(expected[0, 0, 4, 4], at_a_pixel)
    with portable():
        np.testing.assert_allclose(spectrum(response)[..., :6], np.fft.rfft2(response).real, atol=1e-12)
        np.testing.assert_allclose(filtered(image, spectrum(response)[:, None]), expected, atol=1e-12)


def test_a_portable_operator_undoes_a_kernel_as_another_does():
    random = np.random.default_rng(0)
    kernel = random.uniform(0.5, 1, (1, 5, 5)).astype("float32")
    arguments = ({"kernel": kernel / kernel.sum()}, (48, 60))
    y = random.random((1, 16, 20, 1), "float32")
    expected = BlurDownsample(3).bind(*arguments).solve(y, 1e-3, 1e-5)
    with portable():
        found = BlurDownsample(3).bind(*arguments).solve(y, 1e-3, 1e-5)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
