import math

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.resize import imresize, resize_matrix

SIZES = (1, 2, 3, 7, 16, 29)


def cubic(d):
    d = abs(d)
    if d <= 1:
        return 1.5 * d**3 - 2.5 * d**2 + 1
    return -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2 if d < 2 else 0.0


def resize_by_loops(signal, n_out, scale):
    """Sum over every tap of a signal continued by reflection, in MATLAB's 1-based coordinates."""
    n = len(signal)
    kernel_scale = min(scale, 1.0)
    result = []
    for i in range(1, n_out + 1):
        u = i / scale + 0.5 * (1 - 1 / scale)
        total = weights = 0.0
        for j in range(math.floor(u) - 20, math.floor(u) + 22):
            weight = cubic(kernel_scale * (u - j))
            m = j - 1
            while not 0 <= m < n:
                m = -1 - m if m < 0 else 2 * n - 1 - m
            total += weight * signal[m]
            weights += weight
        result.append(total / weights)
    return np.array(result)


@pytest.mark.parametrize("scale", [1 / 2, 1 / 3, 1 / 4, 1.0, 2.0, 3.0, 4.0, 0.7])
@pytest.mark.parametrize("n", SIZES)
def test_every_tap_agrees_with_a_direct_loop(n, scale):
    signal = np.random.default_rng(n).random(n)
    n_out = math.ceil(n * scale - 1e-9)
    matrix = resize_matrix(n, n_out, scale, "float64")
    np.testing.assert_allclose(matrix @ signal, resize_by_loops(signal, n_out, scale), rtol=0, atol=1e-13)


@pytest.mark.parametrize("scale", [1 / 2, 1 / 3, 1 / 4, 3.0])
def test_sizes_known_only_in_the_graph_give_the_same_matrix(scale):
    @tf.function(input_signature=[tf.TensorSpec([], tf.int32)] * 2)
    def matrix(n_in, n_out):
        return resize_matrix(n_in, n_out, scale, "float64")

    for n in SIZES:
        n_out = math.ceil(n * scale - 1e-9)
        constant = resize_matrix(n, n_out, scale, "float64")
        np.testing.assert_allclose(matrix(n, n_out), constant, rtol=0, atol=1e-13)
    assert matrix.experimental_get_tracing_count() == 1


def test_no_tensor_of_the_graph_is_larger_than_the_matrix():
    """A photograph's matrix is as large as itself; a factor of the number of taps would be gigabytes."""
    with tf.Graph().as_default() as graph:
        matrix = resize_matrix(tf.constant(300), tf.constant(100), 1 / 3)
    sizes = [tensor.shape.num_elements() for op in graph.get_operations() for tensor in op.outputs]
    assert matrix.shape == (100, 300) and max(sizes) == 100 * 300


def test_same_size_is_the_identity():
    np.testing.assert_array_equal(resize_matrix(9, 9, 1), np.eye(9))


def test_imresize_keeps_channels_apart_and_rounds_sizes_up():
    image = np.random.default_rng(0).random((10, 7, 3))
    resized = imresize(image, 1 / 3)
    assert resized.shape == (4, 3, 3)
    np.testing.assert_allclose(resized[..., 1], imresize(image[..., 1], 1 / 3), atol=1e-15)


def test_a_scale_that_is_not_exact_in_binary_adds_no_pixel():
    assert imresize(np.ones((30, 30)), 0.1).shape == (3, 3)


@pytest.mark.parametrize("name", ["butterfly_x3", "bird_x2", "woman_x4", "head_x3"])
def test_matlab(shared, name):
    golden = np.load(shared / "golden" / "matlab_set5.npz")
    scale = int(name[-1])
    down = imresize(golden[f"{name}_y"], 1 / scale)
    np.testing.assert_allclose(down, golden[f"{name}_y_down"], rtol=0, atol=1e-10)
    up = imresize(golden[f"{name}_y_down"], scale)
    np.testing.assert_allclose(up, golden[f"{name}_y_down_up"], rtol=0, atol=1e-10)
