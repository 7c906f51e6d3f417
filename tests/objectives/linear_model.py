"""A model whose losses have closed forms, and batches for it."""

import keras
import numpy as np
import tensorflow as tf

KERNEL = np.array([[0.9, 0.2], [-0.1, 0.8]])
BIAS = np.array([0.05, -0.02])


def linear_model():
    """Build xhat = y KERNEL + BIAS in float64, [B, 6, 7, 2] -> the same."""
    degraded = keras.Input((6, 7, 2), name="degraded", dtype="float64")
    model = keras.Model({"degraded": degraded}, keras.layers.Conv2D(2, 1, dtype="float64", name="conv")(degraded))
    model.set_weights([KERNEL[None, None], BIAS])
    return model


def batch(count=4, seed=0):
    """Return (inputs, clean, xhat) of `linear_model`; the last mask misses nothing, the one before everything."""
    random = np.random.default_rng(seed)
    clean = random.random((count, 6, 7, 2))
    mask = np.float64(random.random((count, 6, 7, 1)) < 0.6)
    mask[-2], mask[-1] = 0, 1
    degraded = mask * clean
    inputs = {"degraded": degraded, "mask": mask, "level": np.float64([1, 2, 17, 30])[:count]}
    return inputs, clean, degraded @ KERNEL + BIAS


def assert_gradient_is_a_finite_difference(objective):
    """Compare the gradient of the summed loss along one direction with a difference quotient."""
    model = linear_model()
    inputs, clean, _ = batch()
    variables = [*model.trainable_variables, *objective.variables]
    random = np.random.default_rng(1)
    directions = [random.standard_normal(variable.shape) for variable in variables]
    start = [variable.numpy() for variable in variables]

    def value(step=0.0):
        for variable, origin, direction in zip(variables, start, directions, strict=True):
            variable.assign(origin + step * direction)
        return tf.reduce_sum(objective(model, inputs, clean))

    with tf.GradientTape() as tape:
        loss = value()
    gradients = tape.gradient(loss, [variable.value for variable in variables])
    slope = sum(float(np.sum(g.numpy() * d)) for g, d in zip(gradients, directions, strict=True))
    np.testing.assert_allclose(slope, float(value(1e-3) - value(-1e-3)) / 2e-3, rtol=1e-4)
