"""Eigenvectors of small symmetric matrices by Jacobi's rotations: operations that LiteRT has, which LAPACK's are not.

Disjoint pairs of rows are rotated together, as in the rounds of a tournament in which each meets each once a sweep
(Brent and Luk, SIAM J. Sci. Stat. Comput. 6, 1985). Rows are moved so that a round always pairs i with n/2 + i.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from keras import ops

from dlnet_tf.tensors import Tensor

# Off-diagonal elements vanish quadratically in the end; float32 is reached for matrices of 128 rows.
SWEEPS = 9


def eigh(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Decompose symmetric matrices.

    Args:
        matrix: [B, n, n], floating, n known.

    Returns:
        Eigenvalues [B, n] in no order, and eigenvectors [B, n, n] as columns.
    """
    batch, size, _ = ops.shape(matrix)
    # A row and a column of zeros sit out where one would be left alone.
    even = size + size % 2
    a = ops.pad(matrix, ((0, 0), (0, even - size), (0, even - size)))
    v = ops.broadcast_to(ops.eye(even, dtype=matrix.dtype)[None], (batch, even, even))
    move = _rounds(even)

    def rotate(index: Tensor, a: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        cosine, sine = _angles(a)
        a = _turned(_turned(a, cosine, sine), cosine, sine)
        v = _turned(ops.swapaxes(v, 1, 2), cosine, sine)
        return index + 1, ops.take(ops.take(a, move, 1), move, 2), ops.take(v, move, 2)

    rounds = SWEEPS * (even - 1)
    _, _, v = tf.while_loop(lambda index, a, v: index < rounds, rotate, (tf.constant(0), a, v))
    # Rounding has stretched the vectors, a little each round; Newton's step makes them orthonormal again.
    v = 1.5 * v - 0.5 * ops.matmul(v, ops.matmul(ops.swapaxes(v, 1, 2), v))
    v = _without_padding(v, size)
    return ops.sum(v * ops.matmul(matrix, v), axis=1), v


def _rounds(n: int) -> np.ndarray:
    """Return where each of n places takes its row from: the first keeps its own, the others go round a table."""
    half = n // 2
    table = [*range(1, half), *range(n - 1, half - 1, -1)]
    source = np.arange(n)
    source[table] = np.roll(table, 1)
    return source


def _angles(a: Tensor) -> tuple[Tensor, Tensor]:
    """Return cosine and sine [B, n/2] of the rotations that make a[i, n/2 + i] zero."""
    half = ops.shape(a)[1] // 2
    # LiteRT cannot take out a diagonal.
    diagonal = ops.eye(half, dtype=a.dtype)
    blocks = (a[:, :half, :half], a[:, half:, half:], a[:, :half, half:])
    first, second, off = (ops.sum(block * diagonal, axis=-1) for block in blocks)
    # Take the smaller of the two angles; tan = 0 if the entry is 0 already.
    double = second - first
    tangent = 2 * ops.where(double < 0, -off, off)
    tangent = tangent / ops.maximum(ops.abs(double) + ops.sqrt(double**2 + 4 * off**2), 1e-30)
    cosine = 1 / ops.sqrt(1 + tangent**2)
    return cosine, tangent * cosine


def _turned(a: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Rotate the rows i and n/2 + i of a, and transpose."""
    half = ops.shape(a)[1] // 2
    top, bottom = a[:, :half], a[:, half:]
    cosine, sine = cosine[:, :, None], sine[:, :, None]
    return ops.swapaxes(ops.concatenate([cosine * top - sine * bottom, sine * top + cosine * bottom], axis=1), 1, 2)


def _without_padding(vectors: Tensor, size: int) -> Tensor:
    """Drop the vector of the row of zeros, the unit vector of the last place."""
    if vectors.shape[1] == size:
        return vectors
    kept = ops.argsort(ops.abs(vectors[:, -1]), axis=1)[:, :size]
    return tf.gather(vectors[:, :size], kept, axis=2, batch_dims=1)
