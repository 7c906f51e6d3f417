"""Eigenvectors without LAPACK, as LiteRT needs them."""

import numpy as np
import pytest

from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.degradations.jacobi import eigh
from dlnet_tf.degradations.portable import portable


@pytest.mark.parametrize("size", [1, 2, 5, 12, 33])
def test_it_decomposes_as_lapack_does(size):
    random = np.random.default_rng(size)
    factor = random.standard_normal((2, size, size + 3))
    matrix = factor @ factor.transpose(0, 2, 1)
    # Multiple eigenvalues, and zeros.
    matrix[1] = np.diag(np.arange(size) // 2)
    values, vectors = (np.asarray(part) for part in eigh(matrix))
    np.testing.assert_allclose(np.sort(values), np.linalg.eigvalsh(matrix), atol=1e-10 * size)
    np.testing.assert_allclose(vectors.transpose(0, 2, 1) @ vectors, np.tile(np.eye(size), (2, 1, 1)), atol=1e-10)
    np.testing.assert_allclose(vectors * values[:, None] @ vectors.transpose(0, 2, 1), matrix, atol=1e-9 * size)


@pytest.mark.parametrize("u", [0.0, 1.3, 2.6])
def test_a_portable_operator_undoes_a_blur_as_exactly_as_float32_can(u):
    y = np.random.default_rng(0).random((1, 16, 20, 1), "float32")
    degradation = BlurDownsample(3)
    arguments = ({"blur_width": np.array([u], "float32")}, (48, 60))
    # Damping for 8 bits, in units of the largest eigenvalue 1 / 9.
    damping, noise = 1e-7 / 9, 55 * 1.3e-6 / 27
    exact = degradation.bind(*arguments).solve(y, damping, noise)
    with portable():
        found = degradation.bind(*arguments).solve(y, damping, noise)
    assert found.dtype == exact.dtype == "float32"
    np.testing.assert_allclose(found, exact, atol=1e-3 * np.abs(exact).max())
    assert np.any(found != exact)
