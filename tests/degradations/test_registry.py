"""The properties that every registered degradation has, whatever it does."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.degradations import REGISTRY
from dlnet_tf.errors import UsageError
from dlnet_tf.resize import imresize

NAMES = sorted(REGISTRY)
# Even, odd, not square, below the kernel's support, one pixel.
SIZES = [(24, 24), (23, 30), (5, 16), (4, 3), (1, 1)]
BATCH, CHANNELS = 3, 2

every_degradation = pytest.mark.parametrize("name", NAMES)
every_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


def draw(name, size, batch=BATCH, dtype="float64"):
    degradation, draw_parameters = REGISTRY[name]
    parameters = {key: tf.cast(value, dtype) for key, value in draw_parameters([3, 4], batch, size).items()}
    return degradation, parameters


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
    degradation, _ = REGISTRY[name]
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
def test_draws_are_pure_functions_of_the_seed(name):
    _, draw_parameters = REGISTRY[name]
    ((_, first),) = draw_parameters([1, 2], 4, (6, 8)).items()
    ((_, second),) = draw_parameters([1, 2], 4, (6, 8)).items()
    ((_, other),) = draw_parameters([1, 3], 4, (6, 8)).items()
    np.testing.assert_array_equal(first, second)
    assert np.any(first.numpy() != other.numpy())
