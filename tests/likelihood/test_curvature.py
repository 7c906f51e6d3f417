import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.degradations import BlurDownsample, Masking
from dlnet_tf.likelihood import largest_eigenvalue, split
from tests.likelihood.networks import inpainter, upscaler


def exact(h, inputs, operator):
    """Largest eigenvalue of (W J)^T W J, a matrix formed entry by entry, one sample at a time."""
    z, *crossing = inputs
    with tf.GradientTape() as tape:
        tape.watch(z)
        y = operator.apply(h([z, *crossing], training=False))
    jacobian = tape.jacobian(y, z).numpy()
    for sample in range(len(z)):
        matrix = jacobian[sample][..., sample, :, :, :].reshape(-1, int(np.prod(z.shape[1:])))
        yield np.linalg.norm(matrix, 2) ** 2


def case(name):
    random = np.random.default_rng(0)
    if name == "masking":
        model, degradation = inpainter(), Masking()
        y = random.random((3, 5, 6, 2))
        mask = (random.random((3, 5, 6, 1)) > 0.4).astype("float64")
        mask[2] = 1.0
        parameters, size = {"mask": mask}, (5, 6)
    else:
        model, degradation = upscaler(), BlurDownsample(2)
        y = random.random((3, 5, 4, 1))
        parameters, size = {"blur_width": np.array([0.0, 0.8, 2.5])}, (10, 8)
    g, h = split(model)
    return h, keras.tree.flatten(g({"degraded": y})), degradation.bind(parameters, size)


@pytest.mark.parametrize("name", ["masking", "blur"])
def test_power_iteration_finds_the_largest_eigenvalue_of_each_sample(name):
    h, inputs, operator = case(name)
    expected = list(exact(h, inputs, operator))
    np.testing.assert_allclose(largest_eigenvalue(h, inputs, operator, iterations=100), expected, rtol=5e-3)
    # The default is close enough for a step size that stays stable up to twice its value.
    default = largest_eigenvalue(h, inputs, operator).numpy()
    assert np.all(default < np.multiply(expected, 1 + 1e-9)) and np.all(default > 0.85 * np.array(expected))


def test_samples_do_not_influence_each_other():
    h, inputs, operator = case("blur")
    together = largest_eigenvalue(h, inputs, operator)
    operator = BlurDownsample(2).bind({"blur_width": np.array([0.8])}, (10, 8))
    alone = largest_eigenvalue(h, [tensor[1:2] for tensor in inputs], operator, iterations=60)
    # Each started from another random vector.
    np.testing.assert_allclose(together[1], alone[0], rtol=0.1)


def test_where_no_pixel_is_seen_the_curvature_is_zero():
    h, inputs, _ = case("masking")
    operator = Masking().bind({"mask": np.zeros((3, 5, 6, 1))}, (5, 6))
    np.testing.assert_array_equal(largest_eigenvalue(h, inputs, operator), np.zeros(3))
