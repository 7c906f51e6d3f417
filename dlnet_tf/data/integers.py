"""Random whole numbers, made of uniform ones."""

from __future__ import annotations

import tensorflow as tf


def below(u: tf.Tensor, stop: tf.Tensor) -> tf.Tensor:
    """Map u ~ U[0, 1), float32, to {0, .., stop - 1}, int64."""
    # u <= 1 - 2^-23, so the product stays below `stop` when it is rounded.
    return tf.cast(u * tf.cast(stop, tf.float32), tf.int64)
