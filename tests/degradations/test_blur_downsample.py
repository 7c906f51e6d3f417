import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.degradations import BlurDownsample, gaussian_taps
from dlnet_tf.errors import UsageError
from dlnet_tf.resize import imresize, resize_matrix

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden"
SIZES = [(24, 24), (23, 30), (5, 16), (4, 3), (1, 1)]
every_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


def images(*shape, seed=0):
    return np.random.default_rng(seed).random(shape)


def kernels(u):
    """The protocol's 15 x 15 Gaussian, written down in two dimensions."""
    d = np.arange(-7, 8)
    if u == 0:
        return np.outer(d == 0, d == 0).astype(float)
    kernel = np.exp(-(d[:, None] ** 2 + d[None, :] ** 2) / (2 * u**2))
    return kernel / kernel.sum()


def convolve_by_loops(image, kernel):
    """(k * x)[i, j] = sum_ab k[a, b] x[i + r - a, j + r - b], x continued by its edge pixels."""
    height, width = image.shape
    r = len(kernel) // 2
    result = np.zeros_like(image)
    for i in range(height):
        for j in range(width):
            for a in range(len(kernel)):
                for b in range(len(kernel)):
                    row = min(max(i + r - a, 0), height - 1)
                    column = min(max(j + r - b, 0), width - 1)
                    result[i, j] += kernel[a, b] * image[row, column]
    return result


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(12, 17), (5, 16), (4, 3), (1, 1)])
def test_a_general_kernel_is_convolution_then_imresize(size, scale):
    x = images(2, *size, 1)
    kernel = images(2, 5, 5, seed=1)
    y = BlurDownsample(scale)(x, {"kernel": kernel})
    for i in range(2):
        expected = imresize(convolve_by_loops(x[i, :, :, 0], kernel[i]), 1 / scale)
        np.testing.assert_allclose(y[i, :, :, 0], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_a_width_is_the_gaussian_of_the_protocol(scale):
    widths = np.array([0.0, 0.4, 1.3, 3.0])
    x = images(4, 13, 10, 1)
    y = BlurDownsample(scale)(x, {"blur_width": widths})
    for i, u in enumerate(widths):
        expected = imresize(convolve_by_loops(x[i, :, :, 0], kernels(u)), 1 / scale)
        np.testing.assert_allclose(y[i, :, :, 0], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
@every_size
def test_matrix_form_equals_convolution_form(size, scale):
    widths = np.array([0.0, 0.5, 1.3, 2.6, 3.0])
    x = images(5, *size, 2)
    matrix = BlurDownsample(scale)(x, {"blur_width": widths})
    convolution = BlurDownsample(scale)(x, {"kernel": np.stack([kernels(u) for u in widths])})
    np.testing.assert_allclose(matrix, convolution, rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_size
def test_no_blur_is_the_plain_resize_exactly(size, dtype):
    for scale in (1, 2, 3, 4):
        operator = BlurDownsample(scale).bind({"blur_width": np.zeros(1, dtype)}, size)
        for matrix, n in zip((operator.rows, operator.columns), size, strict=True):
            plain = resize_matrix(n, -(-n // scale), 1 / scale, dtype)
            np.testing.assert_array_equal(matrix[0], plain)


def test_scale_1_without_blur_changes_no_bit():
    x = images(2, 9, 14, 3).astype("float32")
    y = BlurDownsample(1)(x, {"blur_width": np.zeros(2, "float32")})
    np.testing.assert_array_equal(y, x)


def test_taps_are_normalised_and_continuous_down_to_zero():
    widths = np.array([0.0, 1e-30, 1e-3, 0.025, 0.03, 0.05, 1.0, 3.0])
    taps = np.array(gaussian_taps(widths))
    assert np.all(np.isfinite(taps))
    np.testing.assert_allclose(taps.sum(axis=1), 1, atol=1e-15)
    delta = np.broadcast_to(np.arange(15) == 7, (6, 15))
    np.testing.assert_array_equal(taps[:4], delta[:4])
    np.testing.assert_allclose(taps[:6], delta, rtol=0, atol=1e-80)


def test_derivative_by_the_width_is_a_finite_difference_and_finite_at_zero():
    x = images(3, 11, 8, 1)
    degradation = BlurDownsample(2)

    def value(u):
        return tf.reduce_sum(degradation(x, {"blur_width": u}) ** 2, axis=(1, 2, 3))

    u = tf.constant([0.0, 0.8, 2.1], "float64")
    with tf.GradientTape() as tape:
        tape.watch(u)
        total = tf.reduce_sum(value(u))
    step = 1e-5
    expected = (value(u + step) - value(u - step)) / (2 * step)
    np.testing.assert_allclose(tape.gradient(total, u), expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("parameters", [{"blur_width": [2.6]}, {"kernel": np.full((1, 9, 9), 1 / 81)}])
def test_brightness_of_a_flat_image_is_kept(parameters):
    y = BlurDownsample(3)(np.full((1, 20, 17, 1), 0.25), {k: np.array(v) for k, v in parameters.items()})
    np.testing.assert_allclose(y, np.full((1, 7, 6, 1), 0.25), rtol=0, atol=1e-14)


def test_matrices_are_float32_for_parameters_of_lower_precision():
    width = tf.constant([1.5], "bfloat16")
    operator = BlurDownsample(2).bind({"blur_width": width}, (8, 8))
    assert operator.rows.dtype == "float32"
    np.testing.assert_allclose(tf.reduce_sum(operator.rows, axis=-1), np.ones((1, 4)), atol=1e-6)


@pytest.mark.parametrize("shape", [(2, 4, 4), (2, 3, 5)])
def test_a_kernel_that_is_not_odd_and_square_is_refused(shape):
    with pytest.raises(UsageError, match=r"kernel: found shape .* expected \[batch, k, k\] with k odd"):
        BlurDownsample(2).bind({"kernel": np.ones(shape)}, (8, 8))


@pytest.mark.parametrize("open_shape", [(None, None, None), (None, None, 5), (None, 5, None)])
def test_a_graph_of_open_sizes_refuses_such_a_kernel_when_it_runs(open_shape):
    degradation, x = BlurDownsample(2), images(2, 8, 8, 1)
    degrade = tf.function(
        lambda kernel: degradation(x, {"kernel": kernel}), input_signature=[tf.TensorSpec(open_shape, "float64")]
    )
    np.testing.assert_array_equal(degrade(np.ones((2, 5, 5))), degradation(x, {"kernel": np.ones((2, 5, 5))}))
    for shape in ((2, 4, 4), (2, 3, 5), (2, 5, 3), (2, 5, 4)):
        if tf.TensorShape(open_shape).is_compatible_with(shape):
            with pytest.raises(
                tf.errors.InvalidArgumentError, match="kernel: found shape.*expected .batch, k, k. with"
            ):
                degrade(np.ones(shape))


@pytest.mark.parametrize("scale", [0, -2, 2.0, "3", True])
def test_a_scale_that_is_no_positive_int_is_refused(scale):
    with pytest.raises(UsageError, match="expected an int >= 1"):
        BlurDownsample(scale)


def test_a_keras_input_with_unknown_size_is_degraded_symbolically():
    class Degrade(keras.layers.Layer):
        def call(self, x, blur_width):
            return BlurDownsample(3)(x, {"blur_width": blur_width})

    x, width = keras.Input((None, None, 1)), keras.Input(())
    model = keras.Model([x, width], Degrade()(x, width))
    assert model.output_shape == (None, None, None, 1)
    assert model([images(2, 10, 13, 1), np.array([0.0, 1.0])]).shape == (2, 4, 5, 1)


@pytest.mark.parametrize("border", ["reflect", "symmetric", "constant"])
@pytest.mark.parametrize("u", ["0.5", "1.3", "2.6", "3.0"])
@pytest.mark.parametrize("form", ["blur_width", "kernel"])
def test_tensorflow_addons_inside_the_border(form, u, border):
    golden = np.load(GOLDEN / "tfa_reference.npz")
    x = golden["blur_image"].astype("float64")
    value = np.full(2, float(u)) if form == "blur_width" else np.stack([kernels(float(u))] * 2)
    y = np.array(BlurDownsample(1)(x, {form: value}))
    inside = (slice(None), slice(7, -7), slice(7, -7))
    np.testing.assert_allclose(y[inside], golden[f"blur_sigma{u}_{border}"][inside], rtol=0, atol=2e-6)


@pytest.mark.parametrize("name", ["butterfly_x3", "bird_x2", "woman_x4", "head_x3"])
def test_matlab(shared, name):
    golden = np.load(shared / "golden" / "matlab_set5.npz")
    degradation = BlurDownsample(int(name[-1]))
    y, expected = golden[f"{name}_y"][None, ..., None], golden[f"{name}_y_down"]
    double = degradation(y, {"blur_width": np.zeros(1)})
    np.testing.assert_allclose(double[0, ..., 0], expected, rtol=0, atol=1e-10)
    single = degradation(y.astype("float32"), {"blur_width": np.zeros(1, "float32")})
    np.testing.assert_allclose(single[0, ..., 0], expected, rtol=0, atol=1e-3)
