"""Irregular holes: strokes of a brush."""

from __future__ import annotations

import math

import tensorflow as tf

from dlnet_tf.tensors import Tensor

STROKES = 4
SEGMENTS = 5
# Shares of the image's side.
LENGTHS = (1 / 8, 1 / 3)
RADII = (1 / 128, 1 / 12)
TURN = 2 * math.pi / 3


def sample_stroke_masks(seed: Tensor, batch: Tensor, size: int = 64) -> tuple[tf.Tensor, tf.Tensor]:
    """Draw masks of which one to four strokes are missing, each a chain of five thick segments.

    A stroke begins anywhere, in any direction, and turns by up to 120 degrees from one segment to the next; it may
    leave the image. A pixel is missing where its centre is within the stroke's radius of a segment.

    Args:
        seed: int32 [2].
        batch: number of masks B, an int or a scalar integer tensor.
        size: height and width of the masks in pixels, to which lengths and radii are in proportion.

    Returns:
        mask [B, size, size, 1], float32, 1 = observed and 0 = missing; share of missing pixels [B], float32.
    """
    seeds = tf.unstack(tf.random.split(seed, 6, alg="philox"))
    strokes, segments = (batch, STROKES), (batch, STROKES, SEGMENTS)
    first = _uniform(seeds[0], (*strokes, 1, 2), 0, size)
    heading = _uniform(seeds[1], (*strokes, 1), 0, 2 * math.pi)
    turn = _uniform(seeds[2], segments, -TURN, TURN)
    length = _uniform(seeds[3], segments, *LENGTHS) * size
    radius = _uniform(seeds[4], strokes, *RADII) * size
    count = tf.random.stateless_uniform((batch, 1), seeds[5], 1, STROKES + 1, dtype=tf.int32, alg="philox")
    # Strokes beyond the count have a radius that no pixel is within.
    radius = tf.where(tf.range(STROKES) < count, radius, -1.0)

    angle = heading + tf.cumsum(turn, axis=-1)
    change = length[..., None] * tf.stack([tf.sin(angle), tf.cos(angle)], axis=-1)
    start = first + tf.cumsum(change, axis=-2, exclusive=True)
    hole = tf.zeros((batch, size, size), tf.bool)
    # One after another: all distances at once would be much memory.
    for stroke in range(STROKES):
        distance = _distance(start[:, stroke], change[:, stroke], size)
        hole |= tf.reduce_any(distance <= radius[:, stroke, None, None, None], axis=1)
    mask = tf.cast(~hole, tf.float32)[..., None]
    return mask, 1 - tf.reduce_mean(mask, axis=(1, 2, 3))


def _distance(start: tf.Tensor, change: tf.Tensor, size: int) -> tf.Tensor:
    """Return how far pixel centres are from segments, [B, S, 2] (row, column) twice -> [B, S, size, size]."""
    centre = tf.range(size, dtype=tf.float32) + 0.5
    down = centre[:, None] - start[:, :, 0, None, None]
    right = centre - start[:, :, 1, None, None]
    height, width = change[:, :, 0, None, None], change[:, :, 1, None, None]
    # The nearest point is start + along * change.
    along = tf.clip_by_value((down * height + right * width) / (height**2 + width**2), 0, 1)
    return tf.sqrt((down - along * height) ** 2 + (right - along * width) ** 2)


def _uniform(seed: Tensor, shape: tuple[Tensor, ...], low: float, high: float) -> tf.Tensor:
    return tf.random.stateless_uniform(shape, seed, low, high, alg="philox")
