import keras
import numpy as np
import pytest

from dlnet_tf.likelihood import AdamUpdate, GradientUpdate
from dlnet_tf.tasks import TASKS


def gradients(steps=5, seed=0):
    return np.random.default_rng(seed).normal(size=(steps, 2, 3, 3, 4)).astype("float32")


def run(update, gradients):
    state, changes = None, []
    for index, gradient in enumerate(gradients):
        change, state = update.step(index, keras.ops.convert_to_tensor(gradient), state)
        changes.append(np.asarray(change))
    return np.stack(changes)


def adam_reference(gradients, gamma, exponents):
    """Eq. (5) letter by letter in float64."""
    m = v = 0.0
    for k, g in enumerate(gradients.astype("float64"), start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        power = k if exponents else 1
        m_hat, v_hat = m / (1 - 0.9**power), v / (1 - 0.999**power)
        yield -gamma * m_hat / np.sqrt(np.maximum(v_hat, 1e-16))


@pytest.mark.parametrize("correction", ["standard", "printed"])
def test_adam_is_equation_five(correction):
    expected = list(adam_reference(gradients(), 1e-2, correction == "standard"))
    np.testing.assert_allclose(run(AdamUpdate(1e-2, correction), gradients()), expected, rtol=1e-5, atol=1e-8)


def test_the_two_corrections_agree_on_the_first_step_only():
    standard, printed = (run(AdamUpdate(1e-2, c), gradients()) for c in ("standard", "printed"))
    np.testing.assert_array_equal(standard[0], printed[0])
    assert np.abs(standard[1] - printed[1]).max() > 1e-3


def test_adams_first_step_is_a_sign_above_the_floor_and_linear_below():
    gradient = np.array([3.0, -1e-7, 0.0, 1e-10, -2e-12], "float32").reshape(1, 1, 1, 1, 5)
    change = run(AdamUpdate(1e-3), gradient).ravel()
    np.testing.assert_allclose(change, [-1e-3, 1e-3, 0.0, -1e-5, 2e-7], rtol=1e-4)


def test_a_floor_stands_for_a_factor_on_the_fidelity():
    # The authors' fidelity is 0.5 / (batch x pixels) times ours.
    factor = 0.5 / (100 * 64 * 64)
    theirs = run(AdamUpdate(1e-2), gradients() * 8e-3 * factor)
    ours = run(AdamUpdate(1e-2, floor=1e-8 / factor), gradients() * 8e-3)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    # Many of these gradients are below the floor, and many above.
    below = np.abs(ours[0]) < 0.99e-2
    assert 0.2 < below.mean() < 0.8
    assert TASKS["inpaint"].floor == pytest.approx(1e-8 / factor, rel=0.03)


def test_a_floor_is_saved_and_an_older_rule_has_that_of_the_paper():
    config = AdamUpdate(floor=8e-3).get_config()
    assert AdamUpdate.from_config(config).floor == 8e-3
    del config["floor"]
    assert AdamUpdate.from_config(config).floor == 1e-8


@pytest.mark.parametrize("floor", [0.0, -1e-8, np.nan, np.inf])
def test_a_floor_that_is_none_is_refused(floor):
    with pytest.raises(ValueError, match="floor is .*, expected a number > 0"):
        AdamUpdate(floor=floor)


def test_an_unknown_correction_is_refused():
    with pytest.raises(ValueError, match='bias_correction is \'none\', expected "standard" or "printed"'):
        AdamUpdate(bias_correction="none")


def test_gradient_steps_have_a_size_for_every_step_and_channel():
    update = GradientUpdate(0.5, damping=None)
    update.build((2, 4))
    sizes = np.arange(1.0, 9.0, dtype="float32").reshape(2, 4)
    update.factors.assign(sizes)
    changes = run(update, gradients(3))
    np.testing.assert_allclose(update.step_sizes, 0.5 * sizes)
    for change, gradient, row in zip(changes, gradients(3), (0, 1, 1), strict=True):
        np.testing.assert_allclose(change, -0.5 * sizes[row] * gradient, rtol=1e-6)


def test_a_new_base_keeps_what_was_learned():
    update = GradientUpdate(0.5, damping=None)
    update.build((2, 4))
    update.factors.assign(np.full((2, 4), 3.0))
    update.rebase(2.0)
    np.testing.assert_array_equal(update.step_sizes, np.full((2, 4), 6.0))
    assert update.get_config()["step_size"] == 2.0


def test_without_a_step_size_nothing_can_be_moved():
    update = GradientUpdate(damping=None)
    update.build((2, 4))
    with pytest.raises(ValueError, match="GradientUpdate has no step size"):
        run(update, gradients(1))


def test_the_factors_are_learned_and_the_base_is_not():
    update = GradientUpdate(0.5, damping=None)
    update.build((2, 4))
    assert update.trainable_variables == [update.factors] and update.non_trainable_variables == [update.base]


@pytest.mark.parametrize("update", [AdamUpdate(3e-3, "printed", 0.8, 0.99), GradientUpdate(0.7, damping=None)])
def test_updates_come_back_from_their_configuration(update):
    update.build((2, 4))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(update))
    assert again.get_config() == update.get_config() and type(again) is type(update)
    np.testing.assert_array_equal(run(again, gradients()), run(update, gradients()))
