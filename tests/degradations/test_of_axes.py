"""Sizes of a graph that TensorFlow could work out are as good as those that it cannot, and as numbers."""

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.degradations import BlurDownsample


@pytest.mark.slow
def test_sizes_that_are_constants_of_a_graph_are_no_other_under_a_tape():
    shape = (12, 9)
    y = tf.constant(np.random.default_rng(0).random((2, *shape, 1)), tf.float32)
    width = tf.constant([1.0, 2.0])

    def slopes(size):
        with tf.GradientTape() as outer:
            outer.watch(width)
            with tf.GradientTape() as inner:
                inner.watch(width)
                solved = BlurDownsample(3).bind({"blur_width": width}, size).solve(y, 1e-3)
                total = tf.reduce_sum(tf.square(solved))
            first = inner.gradient(total, width)
        return first, outer.gradient(first, width)

    in_graph = tf.function(lambda: slopes((3 * tf.shape(y)[1], 3 * tf.shape(y)[2])), autograph=False)
    for found, expected in zip(in_graph(), slopes((3 * shape[0], 3 * shape[1])), strict=True):
        assert np.all(np.abs(expected) > 1)
        np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.slow
def test_xla_solves_images_of_open_sizes_that_are_not_square():
    solve = tf.function(
        lambda y, width: (
            BlurDownsample(2).bind({"blur_width": width}, (2 * tf.shape(y)[1], 2 * tf.shape(y)[2])).solve(y, 1e-3)
        ),
        autograph=False,
        jit_compile=True,
        input_signature=[tf.TensorSpec((None, None, None, 1)), tf.TensorSpec((None,))],
    )
    y = tf.constant(np.random.default_rng(0).random((2, 10, 14, 1)), tf.float32)
    width = tf.constant([1.0, 2.0])
    expected = BlurDownsample(2).bind({"blur_width": width}, (20, 28)).solve(y, 1e-3)
    np.testing.assert_allclose(solve(y, width), expected, rtol=1e-3, atol=1e-3)
