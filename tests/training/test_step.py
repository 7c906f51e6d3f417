"""One training step against the same step by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.objectives import reconstruction
from dlnet_tf.training.step import make_step, trained_variables

RATE = 0.1


def data(batch=3, batch_size=5):
    random = np.random.default_rng(0)
    degraded = random.random((batch, 4, 5, 1)).astype("float32")
    clean = random.random((batch, 4, 5, 1)).astype("float32")
    dataset = tf.data.Dataset.from_tensors(({"degraded": degraded, "blur_width": np.zeros(batch)}, clean)).repeat()
    return degraded, clean, dataset, batch_size


def affine(w, b):
    """y -> w y + b."""
    degraded = keras.Input((None, None, 1), name="degraded")
    model = keras.Model({"degraded": degraded}, keras.layers.Conv2D(1, 1)(degraded))
    model.set_weights([np.full((1, 1, 1, 1), w, "float32"), np.array([b], "float32")])
    return model


@pytest.mark.parametrize("clip_norm", [1e9, 0.25])
def test_a_step_is_clipped_gradient_descent_on_the_mean_over_the_global_batch(clip_norm):
    degraded, clean, dataset, batch_size = data()
    model, optimizer = affine(0.5, -0.25), keras.optimizers.SGD(RATE)
    optimizer.build(model.trainable_variables)

    def objective(model, inputs, truth):
        assert set(inputs) == {"degraded", "blur_width"}
        return reconstruction(model({"degraded": inputs["degraded"]}, training=True), truth)

    step = make_step(model, optimizer, objective, batch_size, clip_norm, tf.distribute.get_strategy())
    iterator = iter(dataset)
    w, b = 0.5, -0.25
    y, x = degraded.astype(np.float64), clean.astype(np.float64)
    for _ in range(3):
        result = step(iterator)
        residual = w * y + b - x
        gradient = np.array([np.sum(residual * y), np.sum(residual)]) / batch_size
        norm = np.linalg.norm(gradient)
        assert float(result["loss"]) == pytest.approx(0.5 * np.sum(residual**2) / batch_size, rel=1e-5)
        assert float(result["gradient_norm"]) == pytest.approx(norm, rel=1e-5)
        w, b = np.array([w, b]) - RATE * gradient * min(1, clip_norm / norm)
        np.testing.assert_allclose([float(v.numpy().item()) for v in model.weights], [w, b], rtol=1e-5)
    assert int(optimizer.iterations) == 3


def test_variables_of_an_objective_are_trained_beside_the_model():
    class Scaled:
        """1/2 sum (a xhat - x)^2 with a trained a."""

        def __init__(self):
            self.scale = keras.Variable(2.0, name="scale")
            self.variables = [self.scale]

        def __call__(self, model, inputs, truth):
            return reconstruction(self.scale * model({"degraded": inputs["degraded"]}, training=True), truth)

    degraded, clean, dataset, batch_size = data()
    model, optimizer, objective = affine(0.5, -0.25), keras.optimizers.SGD(RATE), Scaled()
    variables = trained_variables(model, objective)
    assert variables == [*model.trainable_variables, objective.scale]
    assert trained_variables(model, reconstruction) == model.trainable_variables
    optimizer.build(variables)
    step = make_step(model, optimizer, objective, batch_size, 0.25, tf.distribute.get_strategy())
    iterator = iter(dataset)
    w, b, a = 0.5, -0.25, 2.0
    y, x = degraded.astype(np.float64), clean.astype(np.float64)
    for _ in range(3):
        result = step(iterator)
        residual = a * (w * y + b) - x
        slopes = [a * np.sum(residual * y), a * np.sum(residual), np.sum(residual * (w * y + b))]
        gradient = np.array(slopes) / batch_size
        # Clipped together with the model's.
        norm = np.linalg.norm(gradient)
        assert float(result["gradient_norm"]) == pytest.approx(norm, rel=1e-5) and norm > 0.25
        w, b, a = np.array([w, b, a]) - RATE * gradient * 0.25 / norm
        np.testing.assert_allclose([float(v.numpy().item()) for v in variables], [w, b, a], rtol=1e-5)
