"""Degradation levels as the paper draws them: pure functions of a seed, usable in `tf.data.Dataset.map`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from keras import ops

from dlnet_tf.tensors import Tensor


def sample_blur_width(seed: Tensor, batch: Tensor, low: float = 0.0, high: float = 3.0) -> tf.Tensor:
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


def sample_sides(seed: Tensor, batch: Tensor, sides: tuple[int, int] = (1, 30)) -> tf.Tensor:
    """Draw sides of square holes, s ~ U{sides}.

    Args:
        seed: int32 [2].
        batch: number of draws B, an int or a scalar integer tensor.
        sides: smallest and largest side in pixels, both included.

    Returns:
        [B], int32.
    """
    return _integers(seed, (batch,), *sides)


def sample_rates(seed: Tensor, batch: Tensor, rates: tuple[float, float] = (0.0, 0.75)) -> tf.Tensor:
    """Draw shares of missing pixels, r ~ U[rates).

    Args:
        seed: int32 [2].
        batch: number of draws B, an int or a scalar integer tensor.
        rates: smallest and largest share, in [0, 1]; equal for one fixed rate.

    Returns:
        [B], float32.
    """
    low, high = rates
    return low + (high - low) * tf.random.stateless_uniform((batch,), seed, alg="philox")


def sample_levels_by_quota(seed: Tensor, quotas: Sequence[int], ranges: Sequence[Sequence[float]]) -> tf.Tensor:
    """Draw levels of which each range has a fixed number, uniform in it.

    The ranges take turns, in proportion to their quotas: every slice of the batch, such as a replica's share, has its
    share of each to within one or two.

    Args:
        seed: int32 [2].
        quotas: number of levels of each range, >= 0; their sum is B.
        ranges: smallest and largest level of each range. Ints, both included, give whole levels (sides of holes);
            floats, the largest excluded, give any (rates).

    Returns:
        [B], int32 or float32.
    """
    # Number j of the n levels of a range has its turn at (j + 1/2) / n of the batch.
    turns = [(np.arange(quota) + 0.5) / quota for quota in quotas if quota]
    owners = np.repeat(np.arange(len(quotas)), quotas)[np.argsort(np.concatenate(turns), kind="stable")]
    low, high = np.asarray(ranges)[owners].T
    uniform = tf.random.stateless_uniform((len(owners),), seed, alg="philox")
    if low.dtype.kind == "i":
        return low.astype("int32") + tf.cast(uniform * (high - low + 1).astype("float32"), tf.int32)
    return low.astype("float32") + uniform * (high - low).astype("float32")


def square_masks(seed: Tensor, sides: Tensor, size: int = 64, max_shift: int = 10) -> tf.Tensor:
    """Draw masks with a square hole of a given side s, top-left at (size - s) // 2 + shift per axis.

    Args:
        seed: int32 [2].
        sides: s, [B], int32, in pixels.
        size: height and width of the masks in pixels.
        max_shift: shift ~ U{-max_shift..max_shift} off the centre in pixels, an axis at a time; >= 0.

    Returns:
        [B, size, size, 1], float32, 1 = observed and 0 = missing.
    """
    shift = _integers(seed, (ops.shape(sides)[0], 2), -max_shift, max_shift)
    start = ((size - sides) // 2)[:, None] + shift
    # Along each axis: [B, 2, size], true inside the hole.
    offset = tf.range(size) - start[:, :, None]
    inside = (offset >= 0) & (offset < sides[:, None, None])
    hole = inside[:, 0, :, None] & inside[:, 1, None, :]
    return tf.cast(~hole, tf.float32)[..., None]


def pixel_masks(seed: Tensor, rates: Tensor, size: int = 64) -> tf.Tensor:
    """Draw masks with scattered missing pixels: a pixel is missing where U[0, 1) <= r.

    Args:
        seed: int32 [2].
        rates: r, [B], float32, in [0, 1].
        size: height and width of the masks in pixels.

    Returns:
        [B, size, size, 1], float32, 1 = observed and 0 = missing in every channel.
    """
    level = tf.random.stateless_uniform((ops.shape(rates)[0], size, size, 1), seed, alg="philox")
    return tf.cast(level > rates[:, None, None, None], tf.float32)


def sample_square_masks(
    seed: Tensor, batch: Tensor, size: int = 64, sides: tuple[int, int] = (1, 30), max_shift: int = 10
) -> tuple[tf.Tensor, tf.Tensor]:
    """Draw sides as `sample_sides` does and masks of them as `square_masks` does.

    Args:
        seed: int32 [2].
        batch: number of masks B, an int or a scalar integer tensor.
        size: height and width of the masks in pixels.
        sides: smallest and largest side of the hole in pixels, both included.
        max_shift: largest shift of the hole off the centre in pixels, an axis at a time; >= 0.

    Returns:
        mask [B, size, size, 1], float32, 1 = observed and 0 = missing; side [B], int32.
    """
    side_seed, shift_seed = tf.unstack(tf.random.split(seed, 2, alg="philox"))
    side = sample_sides(side_seed, batch, sides)
    return square_masks(shift_seed, side, size, max_shift), side


def sample_pixel_masks(
    seed: Tensor, batch: Tensor, size: int = 64, rates: tuple[float, float] = (0.0, 0.75)
) -> tuple[tf.Tensor, tf.Tensor]:
    """Draw rates as `sample_rates` does and masks of them as `pixel_masks` does.

    Args:
        seed: int32 [2].
        batch: number of masks B, an int or a scalar integer tensor.
        size: height and width of the masks in pixels.
        rates: smallest and largest share of missing pixels, in [0, 1]; equal for one fixed rate.

    Returns:
        mask [B, size, size, 1], float32, 1 = observed and 0 = missing in every channel; rate [B], float32.
    """
    rate_seed, pixel_seed = tf.unstack(tf.random.split(seed, 2, alg="philox"))
    rate = sample_rates(rate_seed, batch, rates)
    return pixel_masks(pixel_seed, rate, size), rate


def _integers(seed: Tensor, shape: tuple[Tensor, ...], low: int, high: int) -> tf.Tensor:
    """Draw int32 from {low, .., high}, both included."""
    return tf.random.stateless_uniform(shape, seed, low, high + 1, dtype=tf.int32, alg="philox")
