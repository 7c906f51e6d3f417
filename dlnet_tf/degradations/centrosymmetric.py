"""Eigenvectors of symmetric matrices that look the same from both ends, J M J = M, by two problems of half the size.

An axis that is blurred and reduced alike from either end gives such an A A^T. Its eigenvectors are symmetric or
skew-symmetric (Cantoni and Butler, Linear Algebra and its Applications 13, 1976), and two halves take a quarter of the
time of the whole.
"""

from __future__ import annotations

import math

import tensorflow as tf
from keras import ops

from dlnet_tf.tensors import Tensor


def eigh(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Decompose symmetric matrices, the faster where they are centrosymmetric.

    Args:
        matrix: [B, n, n], floating.

    Returns:
        Eigenvalues [B, n] in no order, and eigenvectors [B, n, n] as columns.
    """
    # Rounding alone may tell the ends apart.
    difference = ops.max(ops.abs(matrix - ops.flip(matrix, (1, 2))))
    is_mirrored = difference <= 1e-13 * ops.max(ops.abs(matrix))
    return tf.cond(is_mirrored, lambda: _by_halves(matrix), lambda: tuple(tf.linalg.eigh(matrix)))


def _by_halves(matrix: Tensor) -> tuple[Tensor, Tensor]:
    size = ops.shape(matrix)[1]
    half, root = size // 2, math.sqrt(2.0)
    top = matrix[:, :half]
    corner, far = top[:, :, :half], ops.flip(top[:, :, size - half :], 2)
    # If the size is odd, the row and column in the middle belong to the symmetric half; if it is even, they are empty.
    middle = root * top[:, :, half : size - half]
    centre = matrix[:, half : size - half, half : size - half]
    above = ops.concatenate([corner + far, middle], axis=2)
    below = ops.concatenate([ops.swapaxes(middle, 1, 2), centre], axis=2)
    values, vectors = tf.linalg.eigh(ops.concatenate([above, below], axis=1))
    skew_values, skew = tf.linalg.eigh(corner - far)
    wing, skew = vectors[:, :half] / root, skew / root
    between = ops.concatenate([vectors[:, half:], ops.zeros_like(matrix[:, half : size - half, :half])], axis=2)
    first, last = ops.concatenate([wing, skew], axis=2), ops.concatenate([wing, -skew], axis=2)
    turned = ops.concatenate([first, between, ops.flip(last, 1)], axis=1)
    return ops.concatenate([values, skew_values], axis=1), turned
