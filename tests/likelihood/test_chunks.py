"""A batch in parts against the whole batch, and fused functions against what they are made of."""

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.likelihood import AdamUpdate
from dlnet_tf.likelihood.chunks import in_chunks
from dlnet_tf.likelihood.fused import fused


@pytest.mark.parametrize("batch", [0, 1, 2, 3, 7])
@pytest.mark.parametrize("size", [None, 4])
def test_parts_give_what_the_whole_gives_for_every_remainder(batch, size, monkeypatch):
    # Two samples of 4 x 4 x 3 float32 a part.
    monkeypatch.setattr("dlnet_tf.likelihood.chunks.CHUNK_BYTES", 2 * 4 * 4 * 3 * 4 + 1)
    parts = []

    def function(z, others):
        tf.py_function(lambda n: parts.append(int(n)), [tf.shape(z)[0]], [])
        return [z * others["factor"][:, None, None, None], others["factor"] + 1]

    @tf.function(autograph=False, input_signature=[tf.TensorSpec((None, size, size, 3)), tf.TensorSpec((None,))])
    def run(z, factor):
        specs = [tf.TensorSpec((None, size, size, 3)), tf.TensorSpec((None,))]
        return in_chunks(function, [z, {"factor": factor}], specs)

    z, factor = np.random.default_rng(0).random((batch, 4, 4, 3), "float32"), np.arange(batch, dtype="float32")
    scaled, added = run(z, factor)
    np.testing.assert_array_equal(scaled, z * factor[:, None, None, None])
    np.testing.assert_array_equal(added, factor + 1)
    assert run.get_concrete_function().structured_outputs[0].shape.as_list() == [None, size, size, 3]
    assert sorted(parts, reverse=True) == [2] * (batch // 2) + [1] * (batch % 2) + [0] * (batch == 0)


def test_a_sample_larger_than_a_part_goes_alone(monkeypatch):
    monkeypatch.setattr("dlnet_tf.likelihood.chunks.CHUNK_BYTES", 1)
    z = tf.random.stateless_normal((3, 2, 2, 1), (0, 0))
    (result,) = in_chunks(lambda z: [z + tf.cast(tf.shape(z)[0], z.dtype)], [z], [tf.TensorSpec((None, 2, 2, 1))])
    np.testing.assert_array_equal(result, z + 1)


def test_gradients_through_the_parts_are_those_through_the_whole(monkeypatch):
    monkeypatch.setattr("dlnet_tf.likelihood.chunks.CHUNK_BYTES", 2 * 4 * 4)
    z, weight = tf.random.stateless_normal((5, 2, 2, 1), (0, 0)), tf.constant(0.7)

    @tf.function(autograph=False, jit_compile=False)
    def gradients(z, weight):
        with tf.GradientTape() as tape:
            tape.watch([z, weight])
            (result,) = in_chunks(lambda z: [tf.sin(weight * z)], [z], [tf.TensorSpec((None, 2, 2, 1))])
        return tape.gradient(result, [z, weight])

    by_z, by_weight = gradients(z, weight)
    np.testing.assert_allclose(by_z, weight * tf.cos(weight * z), rtol=1e-5)
    np.testing.assert_allclose(by_weight, tf.reduce_sum(z * tf.cos(weight * z)), rtol=1e-5)


@pytest.mark.parametrize("bias_correction", ["standard", "printed"])
def test_fused_steps_of_adam_have_the_values_and_gradients_of_plain_ones(bias_correction):
    rule = AdamUpdate(0.1, bias_correction)
    # Some elements below the floor of the root, where the derivative is another one.
    gradients = tf.random.stateless_normal((4, 5, 7), (1, 2), dtype="float64") * [1, 1, 1, 1, 1e-9, 1e-10, 0]
    start = tf.random.stateless_normal((5, 7), (3, 4), dtype="float64")

    def plain():
        z, state = start, None
        for index in range(4):
            change, state = rule.step(index, gradients[index], state)
            z = z + change
            yield z

    def compiled():
        z, advance = start, fused(rule)
        for index in range(4):
            z = advance(z, tf.unstack(gradients)[: index + 1])
            yield z

    def pulled_back(descent):
        with tf.GradientTape() as tape:
            tape.watch([start, gradients])
            # Every z counts, so that what flows back through the later ones adds to it.
            total = tf.add_n([tf.reduce_sum(tf.sin(7.0 * z)) for z in descent()])
        return total, *tape.gradient(total, [start, gradients])

    for ours, theirs in zip(pulled_back(compiled), pulled_back(plain), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
        assert np.any(theirs)
