"""Degradation levels as the paper draws them: pure functions of a seed, usable in `tf.data.Dataset.map`."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def sample_blur_width(seed: Any, batch: Any, low: float = 0.0, high: float = 3.0) -> tf.Tensor:
    """Draw blur widths u ~ U[low, high).

    Args:
        seed: int32 [2].
        batch: number of draws B, an int or a scalar integer tensor.
        low: smallest width, >= 0, in clean pixels.
        high: largest width, >= low; equal to low for one fixed width.

    Returns:
        [B], float32.
    """
    return low + (high - low) * tf.random.stateless_uniform((batch,), seed, alg="philox")


def sample_square_masks(
    seed: Any, batch: Any, size: int = 64, sides: tuple[int, int] = (1, 30), max_shift: int = 10
) -> tuple[tf.Tensor, tf.Tensor]:
    """Draw masks with a square hole of side s ~ U{sides}, top-left at (size - s) // 2 + shift per axis.

    Args:
        seed: int32 [2].
        batch: number of masks B, an int or a scalar integer tensor.
        size: height and width of the masks in pixels.
        sides: smallest and largest side of the hole in pixels, both included.
        max_shift: shift ~ U{-max_shift..max_shift} off the centre in pixels, an axis at a time; >= 0.

    Returns:
        mask [B, size, size, 1], float32, 1 = observed and 0 = missing; side [B], int32.
    """
    side_seed, shift_seed = tf.unstack(tf.random.split(seed, 2, alg="philox"))
    side = _integers(side_seed, (batch,), *sides)
    shift = _integers(shift_seed, (batch, 2), -max_shift, max_shift)
    start = ((size - side) // 2)[:, None] + shift
    # Along each axis: [B, 2, size], true inside the hole.
    offset = tf.range(size) - start[:, :, None]
    inside = (offset >= 0) & (offset < side[:, None, None])
    hole = inside[:, 0, :, None] & inside[:, 1, None, :]
    return tf.cast(~hole, tf.float32)[..., None], side


def sample_pixel_masks(
    seed: Any, batch: Any, size: int = 64, rates: tuple[float, float] = (0.0, 0.75)
) -> tuple[tf.Tensor, tf.Tensor]:
    """Draw masks with scattered missing pixels: rate r ~ U[rates), a pixel missing where U[0, 1) <= r.

    Args:
        seed: int32 [2].
        batch: number of masks B, an int or a scalar integer tensor.
        size: height and width of the masks in pixels.
        rates: smallest and largest share of missing pixels, in [0, 1]; equal for one fixed rate.

    Returns:
        mask [B, size, size, 1], float32, 1 = observed and 0 = missing in every channel; rate [B], float32.
    """
    rate_seed, pixel_seed = tf.unstack(tf.random.split(seed, 2, alg="philox"))
    low, high = rates
    rate = low + (high - low) * tf.random.stateless_uniform((batch,), rate_seed, alg="philox")
    level = tf.random.stateless_uniform((batch, size, size, 1), pixel_seed, alg="philox")
    return tf.cast(level > rate[:, None, None, None], tf.float32), rate


def _integers(seed: Any, shape: tuple[Any, ...], low: int, high: int) -> tf.Tensor:
    """Draw int32 from {low, .., high}, both included."""
    return tf.random.stateless_uniform(shape, seed, low, high + 1, dtype=tf.int32, alg="philox")
