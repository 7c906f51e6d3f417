"""Filters that are real in the frequency domain: by fast transforms, or by matrix products, which LiteRT has."""

from __future__ import annotations

import math

import tensorflow as tf
from keras import ops

from dlnet_tf.degradations.portable import is_portable
from dlnet_tf.tensors import Tensor


def spectrum(response: Tensor) -> Tensor:
    """Return the Fourier transform [B, n, m] of responses [B, n, m] that are symmetric about (0, 0), n and m even.

    By fast transforms half of it is returned, [B, n, m / 2 + 1], all that a filter of a real image needs.
    """
    if not is_portable():
        return tf.math.real(tf.signal.rfft2d(response))
    (c, s), (d, t) = (_waves(n, response.dtype) for n in ops.shape(response)[1:])
    return _product(c, response, d) - _product(s, response, t)


def filtered(image: Tensor, gain: Tensor) -> Tensor:
    """Multiply the frequencies of images [B, C, n, m] by a gain, [B, 1, ..] as `spectrum` returns it."""
    _, _, n, m = ops.shape(image)
    if not is_portable():
        frequencies = tf.signal.rfft2d(image)
        return tf.signal.irfft2d(frequencies * tf.complex(gain, tf.zeros_like(gain)), (n, m))
    (c, s), (d, t) = _waves(n, image.dtype), _waves(m, image.dtype)
    real = gain * (_product(c, image, d) - _product(s, image, t))
    imaginary = gain * (_product(s, image, d) + _product(c, image, t))
    return (
        _product(c, real, d) - _product(s, real, t) + _product(s, imaginary, d) + _product(c, imaginary, t)
    ) / ops.cast(n * m, image.dtype)


def _waves(n: Tensor, dtype: tf.DType) -> tuple[Tensor, Tensor]:
    """Return cosines and sines [n, n] of 2 pi j k / n."""
    index = ops.arange(n)
    # Whole turns are taken off while numbers are whole.
    angle = ops.cast(ops.mod(index[:, None] * index, n), dtype) * (2 * math.pi / ops.cast(n, dtype))
    return ops.cos(angle), ops.sin(angle)


def _product(left: Tensor, image: Tensor, right: Tensor) -> Tensor:
    """Return left image right^T of the last two axes."""
    return tf.einsum("ij,...jk->...ik", left, tf.einsum("...jk,lk->...jl", image, right))
