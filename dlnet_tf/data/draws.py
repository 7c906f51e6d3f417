"""Random masks with their levels, as training draws them."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from dlnet_tf.tensors import Tensor

# (seed int32 [2], number) -> (masks [B, 64, 64, 1], levels [B])
Draw = Callable[[Tensor, Tensor], tuple[tf.Tensor, tf.Tensor]]


def by_turns(first: Draw, second: Draw) -> Draw:
    """Draw masks from each by turns, so that every replica's share of a batch has both."""

    def draw(seed: Tensor, number: Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        seeds = tf.unstack(tf.random.split(seed, 2, alg="philox"))
        halves = [first(seeds[0], number - number // 2), second(seeds[1], number // 2)]
        masks, levels = zip(*halves, strict=True)
        order = tf.argsort(tf.concat([2 * tf.range(number - number // 2), 2 * tf.range(number // 2) + 1], 0))
        levels = tf.concat([tf.cast(level, tf.float32) for level in levels], 0)
        return tf.gather(tf.concat(masks, 0), order), tf.gather(levels, order)

    return draw
