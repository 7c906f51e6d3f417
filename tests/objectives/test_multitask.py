import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.objectives import BoundaryWeighted, MultiTask, Objective
from dlnet_tf.objectives.boundary import boundary_weight
from dlnet_tf.tasks import TASKS
from tests.objectives.linear_model import KERNEL, assert_gradient_is_a_finite_difference, batch, linear_model

VALUES = 6 * 7 * 2
SIDES, RATES = TASKS["inpaint"].bins, TASKS["interp"].bins


def test_at_the_start_it_is_joint_training():
    inputs, clean, _ = batch()
    model = linear_model()
    np.testing.assert_allclose(
        MultiTask(**SIDES, weight_decay=0.3)(model, inputs, clean), Objective(0.3)(model, inputs, clean), rtol=1e-12
    )


def test_an_error_counts_by_the_variance_of_its_level():
    inputs, clean, restored = batch()
    objective = MultiTask(**SIDES, weight_decay=0.3)
    eta = np.linspace(-3, 1, 30).astype("float32")
    objective.log_variances.assign(eta)
    eta = eta[np.int32(inputs["level"]) - 1].astype("float64")
    error = np.mean((restored - clean) ** 2, axis=(1, 2, 3))
    expected = VALUES * (0.5 * np.exp(-eta) * error + 0.5 * eta) + 0.3 * 0.5 * np.sum(KERNEL**2)
    np.testing.assert_allclose(objective(linear_model(), inputs, clean), expected, rtol=1e-12)


def test_of_a_weighted_error_it_counts_the_values_that_have_a_weight():
    inputs, clean, restored = batch()
    objective = MultiTask(**SIDES, weight_decay=0.3, of=BoundaryWeighted(band=1))
    objective.log_variances.assign(np.linspace(-3, 1, 30))
    eta = objective.log_variances.numpy()[np.int32(inputs["level"]) - 1].astype("float64")
    weight = np.asarray(boundary_weight(inputs["mask"], 1), "float64")
    assert 0 < np.count_nonzero(weight) < weight.size
    # A Gaussian of the variance exp(eta) / weight for each value that has a weight, up to a constant.
    squares = np.sum(weight * (restored - clean) ** 2, axis=(1, 2, 3))
    counts = 2 * np.count_nonzero(weight, axis=(1, 2, 3))
    expected = 0.5 * np.exp(-eta) * squares + 0.5 * counts * eta + 0.3 * 0.5 * np.sum(KERNEL**2)
    np.testing.assert_allclose(objective(linear_model(), inputs, clean), expected, rtol=1e-6)


def test_gradients_are_finite_differences():
    objective = MultiTask(**SIDES, weight_decay=0.3)
    objective.log_variances.assign(np.linspace(-3, 1, 30))
    assert_gradient_is_a_finite_difference(objective)


def test_a_level_learns_the_log_of_its_mean_squared_error():
    inputs, clean, restored = batch()
    objective = MultiTask(**SIDES)
    error = np.mean((restored - clean) ** 2, axis=(1, 2, 3))
    bins = np.int32(inputs["level"]) - 1
    eta = np.zeros(30, "float32")
    eta[bins] = np.log(error)
    objective.log_variances.assign(eta)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(objective(linear_model(), inputs, clean))
    # Least at the log; levels that are not in the batch are left alone.
    np.testing.assert_allclose(tape.gradient(loss, objective.log_variances.value), np.zeros(30), atol=1e-4)


@pytest.mark.parametrize(
    "scale, levels, bins",
    [
        (SIDES, np.arange(1, 31), np.arange(30)),
        (SIDES, np.float32([1, 30, 32]), [0, 29, 29]),
        (RATES, (np.arange(30) + 0.5) * 0.025, np.arange(30)),
        (RATES, np.float32([0, 0.0249, 0.0251, 0.7499, 0.75]), [0, 0, 1, 29, 29]),
    ],
)
def test_levels_have_bins(scale, levels, bins):
    np.testing.assert_array_equal(MultiTask(**scale).bins(levels), bins)


def test_its_variables_have_the_same_names_in_every_run():
    for scale in (SIDES, RATES):
        (variable,) = MultiTask(**scale).variables
        assert variable.path == "log_variances" and variable.shape == (30,) and not variable.numpy().any()


def test_curves():
    objective = MultiTask(**SIDES)
    objective.log_variances.assign(np.arange(30))
    assert objective.curves() == {f"eta/level={side}": side - 1 for side in range(1, 31)}
    rates = [name.removeprefix("eta/level=") for name in MultiTask(**RATES).curves()]
    assert rates[:3] + rates[-1:] == ["0", "0.025", "0.05", "0.725"] and len(rates) == 30
