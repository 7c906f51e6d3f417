"""The properties that every registered degradation has, whatever it does."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.degradations import BlurDownsample, Degradation, LinearOperator, blur_downsample, kronecker
from dlnet_tf.errors import UsageError
from dlnet_tf.resize import imresize, resize
from tests import stand_in
from tests.degradations.cases import CASES, example

NAMES = sorted(CASES)
# Even, odd, not square, below the kernel's support, one pixel.
SIZES = [(24, 24), (23, 30), (5, 16), (4, 3), (1, 1)]
BATCH, CHANNELS = 3, 2

every_degradation = pytest.mark.parametrize("name", NAMES)
every_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


def draw(name, size, batch=BATCH, dtype="float64"):
    degradation, parameter = CASES[name]
    return degradation, {parameter.name: tf.cast(example(parameter, batch, size), dtype)}


def images(*shape, seed=0):
    return tf.random.stateless_normal(shape, [seed, 1], dtype="float64", alg="philox")


@every_degradation
@every_size
def test_adjoint_in_float64(name, size):
    degradation, parameters = draw(name, size)
    operator = degradation.bind(parameters, size)
    x = images(BATCH, *size, CHANNELS)
    y = images(*operator.apply(x).shape, seed=1)
    forward = tf.reduce_sum(operator.apply(x) * y, axis=(1, 2, 3))
    backward = tf.reduce_sum(x * operator.adjoint(y), axis=(1, 2, 3))
    norm = tf.norm(operator.apply(x)) * tf.norm(y)
    np.testing.assert_allclose(forward, backward, rtol=0, atol=1e-12 * max(1.0, float(norm)))


@every_degradation
def test_sizes(name):
    degradation, parameters = draw(name, (23, 30))
    y = degradation(images(BATCH, 23, 30, CHANNELS), parameters)
    assert y.shape == (BATCH, -(-23 // degradation.scale), -(-30 // degradation.scale), CHANNELS)
    assert degradation.restored_size((2, 5, 7, 1)) == (5 * degradation.scale, 7 * degradation.scale)


@every_degradation
def test_first_and_second_derivatives_are_finite_differences(name):
    size = (9, 11)
    degradation, parameters = draw(name, size)
    operator = degradation.bind(parameters, size)
    x, direction = images(BATCH, *size, 1), images(BATCH, *size, 1, seed=1)

    def value(x):
        # Cubic in what is observed, so that the second derivative depends on x.
        return tf.reduce_sum(operator.apply(x) ** 3)

    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = value(x)
        return tf.reduce_sum(tape.gradient(loss, x) * direction)

    def difference(f, step=1e-4):
        return (f(x + step * direction) - f(x - step * direction)) / (2 * step)

    with tf.GradientTape() as tape:
        tape.watch(x)
        first = slope(x)
    second = tf.reduce_sum(tape.gradient(first, x) * direction)
    np.testing.assert_allclose(first, difference(value), rtol=1e-6)
    np.testing.assert_allclose(second, difference(slope), rtol=1e-6)


@every_degradation
def test_gradient_of_the_fidelity_is_twice_the_adjoint_of_the_residual(name):
    size = (10, 13)
    degradation, parameters = draw(name, size)
    operator = degradation.bind(parameters, size)
    x = images(BATCH, *size, 1)
    y = images(*operator.apply(x).shape, seed=1)
    with tf.GradientTape() as tape:
        tape.watch(x)
        fidelity = tf.reduce_sum(tf.square(operator.apply(x) - y))
    expected = 2 * operator.adjoint(operator.apply(x) - y)
    np.testing.assert_allclose(tape.gradient(fidelity, x), expected, rtol=0, atol=1e-12)


@every_degradation
def test_an_image_does_not_see_its_batch(name):
    size = (14, 9)
    degradation, parameters = draw(name, size)
    x = images(BATCH, *size, CHANNELS)
    together = degradation(x, parameters)
    for i in range(BATCH):
        alone = degradation(x[i : i + 1], {key: value[i : i + 1] for key, value in parameters.items()})
        np.testing.assert_allclose(together[i], alone[0], rtol=0, atol=1e-14)


@every_degradation
def test_float32_agrees_with_float64(name):
    size = (33, 31)
    degradation, parameters = draw(name, size)
    x = images(BATCH, *size, CHANNELS)
    single = degradation(tf.cast(x, "float32"), {k: tf.cast(v, "float32") for k, v in parameters.items()})
    assert single.dtype == "float32"
    np.testing.assert_allclose(single, degradation(x, parameters), rtol=0, atol=3e-6)


@every_degradation
def test_one_traced_function_serves_every_shape(name):
    degradation, parameters = draw(name, (8, 8))
    ((key, value),) = parameters.items()
    shape = [None] * len(value.shape) if key == "mask" else [None, *value.shape[1:]]

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, None, CHANNELS], "float64"),
            tf.TensorSpec(shape, "float64"),
        ]
    )
    def there_and_back(x, value):
        operator = degradation.bind({key: value}, tuple(tf.unstack(tf.shape(x)[1:3])))
        y = operator.apply(x)
        return y, operator.adjoint(y)

    for batch, size in ((1, (8, 8)), (2, (23, 30)), (3, (4, 3)), (1, (1, 1))):
        _, parameters = draw(name, size, batch)
        x = images(batch, *size, CHANNELS)
        operator = degradation.bind(parameters, size)
        y, back = there_and_back(x, parameters[key])
        np.testing.assert_allclose(y, operator.apply(x), rtol=0, atol=1e-13)
        np.testing.assert_allclose(back, operator.adjoint(operator.apply(x)), rtol=0, atol=1e-13)
    assert there_and_back.experimental_get_tracing_count() == 1


@every_degradation
def test_config_round_trip(name):
    degradation, parameters = draw(name, (12, 10))
    config = keras.saving.serialize_keras_object(degradation)
    again = keras.saving.deserialize_keras_object(config, safe_mode=True)
    assert type(again) is type(degradation)
    assert again.get_config() == degradation.get_config()
    x = images(BATCH, 12, 10, 1)
    np.testing.assert_array_equal(again(x, parameters), degradation(x, parameters))


@every_degradation
def test_neutral_parameters_degrade_nothing_but_the_size(name):
    degradation, _ = CASES[name]
    x = images(1, 12, 10, 1)
    y = degradation(x, degradation.neutral_parameters((12, 10)))
    np.testing.assert_allclose(y[0, ..., 0], imresize(x[0, ..., 0].numpy(), 1 / degradation.scale), atol=1e-6)


@every_degradation
def test_exactly_one_parameter_is_selected(name):
    degradation, parameters = draw(name, (8, 8))
    assert degradation.select({"degraded": None, **parameters}) == parameters
    with pytest.raises(UsageError, match=r"found inputs \['degraded'\], expected exactly one of"):
        degradation.select({"degraded": None})
    if len(degradation.parameter_names) > 1:
        with pytest.raises(UsageError, match="expected exactly one of"):
            degradation.select(dict.fromkeys(degradation.parameter_names))


@every_degradation
def test_examples_are_pure_functions_of_the_seed(name):
    _, parameter = CASES[name]
    first, second, other = (example(parameter, 4, (6, 8), seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert np.any(first != other)


def dense(operator, shape):
    """W W^T of the first image of a batch, from what it does to each pixel."""
    count = int(np.prod(shape))
    columns = []
    for index in range(count):
        pixel = np.zeros((BATCH, count))
        pixel[:, index] = 1
        columns.append(operator.apply(operator.adjoint(tf.reshape(pixel, (BATCH, *shape, 1))))[0].numpy().ravel())
    return np.stack(columns, axis=1)


def function_of(matrix, damping, noise):
    """(matrix + damping + noise matrix^(-1/2))^-1, by its eigenvectors."""
    values, vectors = np.linalg.eigh(matrix)
    values = np.maximum(values, 1e-15 * values.max())
    return vectors / (values + damping + noise / np.sqrt(values)) @ vectors.T


# Those that promise more than the default does.
EXACT = [name for name in NAMES if name.endswith(("mask", "blur_width"))]


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize(("damping", "noise"), [(1e-2, 0.0), (1e-5, 0.0), (1e-4, 1e-3)])
def test_solve_is_the_inverse_of_a_dense_matrix(name, damping, noise):
    degradation, parameters = draw(name, (12, 8))
    operator = degradation.bind(parameters, (12, 8))
    shape = operator.apply(images(BATCH, 12, 8, 1)).shape[1:3]
    # What a mask hides is never asked for.
    r = operator.apply(images(BATCH, 12, 8, 1))
    expected = function_of(dense(operator, shape), damping, noise) @ r[0].numpy().ravel()
    found = operator.solve(r, damping, noise)[0].numpy().ravel()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8 * np.abs(expected).max())


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("kernel")])
def test_solve_of_a_kernel_leaves_little_of_the_residual(name):
    # Far from the border the spectrum is exact.
    size = 2 * (48 * CASES[name][0].scale,)
    degradation, parameters = draw(name, size)
    operator = degradation.bind(parameters, size)
    r = operator.apply(images(BATCH, *size, 1))
    damping = 0.1 * degradation.gain
    s = operator.solve(r, damping)
    left = operator.apply(operator.adjoint(s)) + damping * s - r
    inside = slice(14, -14)
    assert float(tf.norm(left[:, inside, inside]) / tf.norm(r[:, inside, inside])) < 0.02


class Shuffled(LinearOperator):
    """A user's own operator: a dense matrix on each image."""

    def __init__(self, matrix):
        self.matrix = matrix

    def apply(self, x):
        return tf.reshape(tf.einsum("ij,bj->bi", self.matrix, tf.reshape(x, (len(x), -1))), (len(x), 3, 4, 1))

    def adjoint(self, y):
        return tf.reshape(tf.einsum("ij,bi->bj", self.matrix, tf.reshape(y, (len(y), -1))), (len(y), 5, 4, 1))


def test_the_default_solve_serves_an_operator_of_a_users_own():
    operator = Shuffled(images(12, 20))
    r = images(BATCH, 3, 4, 1)
    matrix = operator.matrix.numpy() @ operator.matrix.numpy().T + 0.1 * np.eye(12)
    expected = np.linalg.solve(matrix, r.numpy().reshape(BATCH, -1).T).T
    np.testing.assert_allclose(operator.solve(r, 0.1).numpy().reshape(BATCH, -1), expected, atol=1e-9)


@pytest.mark.parametrize("name", ["a user's own", "blur_downsample_x2-blur_width", "masking-mask"])
def test_solve_is_differentiated_twice_in_the_residual_and_the_damping(name):
    if name in CASES:
        degradation, parameters = draw(name, (6, 8))
        operator = degradation.bind(parameters, (6, 8))
        r = operator.apply(images(BATCH, 6, 8, 1))
    else:
        operator, r = Shuffled(images(12, 20)), images(BATCH, 3, 4, 1)
    damping = tf.constant([0.3], "float64")

    def value(r, damping):
        return tf.reduce_sum(operator.solve(r, damping) ** 3)

    def slopes(r, damping):
        with tf.GradientTape() as tape:
            tape.watch([r, damping])
            loss = value(r, damping)
        of_r, of_damping = tape.gradient(loss, [r, damping])
        return tf.reduce_sum(of_r * r), of_damping[0]

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(damping)
        first = slopes(r, damping)
    step = 1e-5
    np.testing.assert_allclose(first[0], 3 * value(r, damping), rtol=1e-9)  # homogeneous of degree 3 in r
    numeric = (value(r, damping + step) - value(r, damping - step)) / (2 * step)
    np.testing.assert_allclose(first[1], numeric, rtol=1e-6)
    for index in (0, 1):
        numeric = (slopes(r, damping + step)[index] - slopes(r, damping - step)[index]) / (2 * step)
        np.testing.assert_allclose(tape.gradient(first[index], damping)[0], numeric, rtol=1e-5)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("sigma", [0.0, 0.02])
def test_the_start_keeps_the_brightness_of_a_flat_image(scale, sigma):
    degradation = BlurDownsample(scale)
    y = np.full((2, 9, 7, 1), 0.6, "float32")
    operator = degradation.bind({"blur_width": np.array([0.0, 3.0], "float32")}, (9 * scale, 7 * scale))
    y0 = degradation.start(tf.constant(y), operator, degradation.damping * degradation.gain, sigma**2)
    # Single pixels have the rounding of y, as much larger as the inverse is sharp.
    np.testing.assert_allclose(tf.reduce_mean(y0, axis=(1, 2)), np.full((2, 1), 0.6), atol=1e-5)
    np.testing.assert_allclose(y0, y, atol=5e-4)


@pytest.mark.parametrize("in_graph", [False, True])
@pytest.mark.parametrize("size", [(8, 8), (6, 9)])
@pytest.mark.parametrize("blur", [{"blur_width": [1.3, 2.6]}, {"kernel": np.arange(1, 51.0).reshape(2, 5, 5) / 600}])
def test_the_start_is_its_formula_on_whole_images(blur, size, in_graph):
    """xb + W^T (W W^T + ..)^-1 (y - W xb), then reduced; a graph does not know that both axes are alike."""
    degradation, y = BlurDownsample(3), tf.constant(images(2, *size, 2))
    blur = {name: np.array(value, "float64") for name, value in blur.items()}

    def started(y):
        operator = degradation.bind(blur, degradation.restored_size(tf.shape(y) if in_graph else y.shape))
        return degradation.start(y, operator, 1e-4, 1e-6)

    if in_graph:
        started = tf.function(started, input_signature=[tf.TensorSpec((None, None, None, 2), "float64")])
    operator = degradation.bind(blur, (3 * size[0], 3 * size[1]))
    enlarged = resize(y, (3 * size[0], 3 * size[1]), 3)
    x = enlarged + operator.adjoint(operator.solve(y - operator.apply(enlarged), 1e-4, 1e-6))
    np.testing.assert_allclose(started(y), resize(x, size, 1 / 3), rtol=1e-9, atol=1e-9)


def test_the_start_is_what_the_neutral_degradation_shows():
    rows, columns = np.mgrid[:72, :60]
    x = tf.constant(0.5 + 0.3 * np.sin(rows / 5) * np.cos(columns / 7))[None, ..., None]
    degradation = BlurDownsample(3)
    blurred = {"blur_width": np.array([2.0])}
    operator = degradation.bind(blurred, (72, 60))
    neutral = degradation(x, {"blur_width": np.array([0.0])})
    y = degradation(x, blurred)
    left, before = degradation.start(y, operator, 1e-8, 0.0) - neutral, y - neutral
    assert float(tf.norm(left)) < 0.1 * float(tf.norm(before))
    inside = slice(5, -5)
    assert float(tf.norm(left[:, inside, inside])) < 0.02 * float(tf.norm(before[:, inside, inside]))


def test_a_long_axis_is_solved_in_windows_as_in_one(monkeypatch):
    def solved(longest):
        for module in (kronecker, blur_downsample):
            monkeypatch.setattr(module, "LONGEST", longest)
        operator = BlurDownsample(3).bind({"blur_width": np.array([2.6])}, (3 * 300, 3 * 20))
        return operator.solve(images(1, 300, 20, 1), 1e-5)

    windows, whole = solved(256), solved(400)
    assert np.any(windows != whole)
    np.testing.assert_allclose(windows, whole, atol=1e-6 * float(tf.reduce_max(tf.abs(windows))))


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_long_photograph_is_undone_in_windows_as_in_one(monkeypatch, scale):
    """With each scale's own damping, that of 8 bits and none; in windows there is a least one."""
    degradation, width = BlurDownsample(scale), {"blur_width": np.array([2.6])}
    x = stand_in.photograph(0, scale * 300, scale * 20, colour=False)[None, ..., None] / 255.0

    def started(damping, noise):
        y = degradation(x, width)
        return degradation.start(y, degradation.bind(width, x.shape[1:3]), degradation.gain * damping, noise)

    def lengthen(pixels):
        for module in (kronecker, blur_downsample):
            monkeypatch.setattr(module, "LONGEST", pixels)

    eight_bits = degradation.gain**1.5 * 55 * 1.3e-6
    lengthen(256)
    windows = started(degradation.damping, eight_bits), started(degradation.damping, 0.0)
    lengthen(400)
    whole = started(degradation.damping, eight_bits), started(kronecker.WINDOWED, 0.0)
    for found, expected in zip(windows, whole, strict=True):
        assert np.any(found != expected)
        np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("kernel", ["float32", "float64"])
@pytest.mark.parametrize("image", ["float32", "float64"])
def test_images_and_kernels_may_have_other_precisions(kernel, image):
    operator = BlurDownsample(2).bind({"kernel": np.full((1, 3, 3), 1 / 9, kernel)}, (20, 16))
    assert operator.solve(tf.zeros((1, 10, 8, 1), image), 1e-3, 1e-5).dtype == image


@every_degradation
def test_one_parameter_serves_a_batch_and_another_number_is_refused(name):
    degradation, parameters = draw(name, (8, 8))
    x = images(BATCH, 8, 8, 1)
    one = {key: value[:1] for key, value in parameters.items()}
    repeated = {key: tf.repeat(value[:1], BATCH, axis=0) for key, value in parameters.items()}
    np.testing.assert_array_equal(degradation(x, one), degradation(x, repeated))
    with pytest.raises(UsageError, match="expected a leading batch axis of 3 or 1"):
        degradation(x, {key: value[:2] for key, value in parameters.items()})


@every_degradation
def test_examples_make_no_image_brighter(name):
    degradation, parameters = draw(name, (12, 12))
    y = np.asarray(degradation(np.ones((BATCH, 12, 12, 1)), parameters))
    assert np.all((y >= 0) & (y <= 1 + 1e-6))


@pytest.mark.parametrize("name", [name for name in NAMES if type(CASES[name][0]).reach is not Degradation.reach])
def test_the_reach_is_what_a_degraded_pixel_is_made_of(name):
    degradation, parameters = draw(name, (61, 61), batch=1)
    if "blur_width" in parameters:
        parameters = {"blur_width": tf.constant([3.0], "float64")}
    operator = degradation.bind(parameters, (61, 61))
    pixel = np.zeros(operator.apply(images(1, 61, 61, 1)).shape)
    pixel[0, pixel.shape[1] // 2, pixel.shape[2] // 2] = 1
    rows = np.flatnonzero(np.asarray(operator.adjoint(pixel))[0, ..., 0].any(axis=1))
    shapes = {key: value.shape[1:] for key, value in parameters.items()}
    # Where the scale is 1 nothing is resized, and the bicubic kernel is not there.
    slack = 4 if degradation.scale == 1 else 2
    # A mask may hide the pixel.
    width = np.ptp(rows) if len(rows) else 0
    assert 0 <= degradation.reach(shapes) - width / degradation.scale <= slack
