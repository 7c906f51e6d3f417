"""Halves of a centrosymmetric matrix against its own eigenvalues."""

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.degradations import BlurDownsample, centrosymmetric


def assert_decomposed(matrix):
    values, vectors = (np.asarray(part) for part in centrosymmetric.eigh(matrix))
    np.testing.assert_allclose(np.sort(values), np.linalg.eigvalsh(matrix), atol=1e-12 * np.abs(values).max())
    identity = np.broadcast_to(np.eye(matrix.shape[1]), matrix.shape)
    np.testing.assert_allclose(np.swapaxes(vectors, 1, 2) @ vectors, identity, atol=1e-12)
    np.testing.assert_allclose(matrix @ vectors, vectors * values[:, None], atol=1e-12 * np.abs(values).max())


@pytest.mark.parametrize("size", [1, 2, 3, 8, 9])
def test_matrices_with_and_without_the_symmetry(size):
    random = np.random.default_rng(size)
    matrix = random.normal(size=(2, size, size))
    matrix = matrix + np.swapaxes(matrix, 1, 2)
    assert_decomposed(matrix)
    assert_decomposed(matrix + matrix[:, ::-1, ::-1])


@pytest.mark.parametrize(("scale", "clean"), [(2, 40), (3, 45), (3, 44), (4, 48)])
def test_an_axis_in_a_graph_of_open_sizes(scale, clean):
    @tf.function(autograph=False)
    def rows(n):
        operator = BlurDownsample(scale).bind({"blur_width": tf.constant([0.0, 1.3, 2.6], tf.float64)}, (n, n))
        return tf.matmul(operator.rows, operator.rows, transpose_b=True), *operator.factors()[0]

    product, values, vectors = (np.asarray(part) for part in rows(tf.constant(clean)))
    np.testing.assert_allclose(vectors * values[:, None] @ np.swapaxes(vectors, 1, 2), product, atol=1e-13)
