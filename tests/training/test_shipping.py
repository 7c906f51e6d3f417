"""A shrunk file is a third as large and loads as the model that it was."""

import keras
import numpy as np

from dlnet_tf import keras_models
from dlnet_tf.backbones import autoencoder
from dlnet_tf.degradations import Masking
from dlnet_tf.likelihood import DLNet, GradientUpdate
from dlnet_tf.training.shipping import DIGITS, LARGE, rounded, shrink


def test_a_shrunk_model_differs_by_the_rounding_of_its_large_arrays_alone(tmp_path):
    keras.utils.set_random_seed(0)
    model = DLNet(autoencoder(width=12), Masking(), 3, GradientUpdate(0.5))
    rule = model.update
    rule.factors.assign(np.random.default_rng(0).uniform(0.5, 1.5, rule.factors.shape))
    model.save(tmp_path / "whole.keras")
    whole = (tmp_path / "whole.keras").read_bytes()
    shrunk = shrink(whole)
    assert len(shrunk) < 0.4 * len(whole) and shrink(whole) == shrunk
    (tmp_path / "shrunk.keras").write_bytes(shrunk)
    loaded = keras_models.load(tmp_path / "shrunk.keras")
    pairs = list(zip(model.weights, loaded.weights, strict=True))
    assert any(weight.shape.num_elements() >= LARGE for weight, _ in pairs)
    for weight, other in pairs:
        assert other.dtype == "float32" and weight.path == other.path
        values = weight.numpy()
        expected = rounded(values) if values.size >= LARGE else values
        np.testing.assert_array_equal(other.numpy(), expected)
    # Steps on random weights would blow the rounding up.
    model.num_steps = loaded.num_steps = 1
    inputs = {"degraded": np.random.default_rng(1).random((2, 64, 64, 3), "float32")}
    inputs["mask"] = np.ones((2, 64, 64, 1), "float32")
    np.testing.assert_allclose(loaded(inputs), model(inputs), atol=0.01)


def test_numbers_are_rounded_to_the_nearest_of_six_digits():
    values = np.random.default_rng(2).normal(0, 0.1, 10_000).astype(np.float32)
    found = rounded(values)
    # Steps between representable numbers of the size of each value, from its exponent.
    step = 2.0 ** (np.floor(np.log2(np.abs(values))) - DIGITS)
    assert found.dtype == np.float16
    np.testing.assert_array_equal(np.rint(found / step), found / step)
    normal = np.abs(values) > 2.0**-14  # below, float16 itself has fewer digits
    assert np.all(np.abs(found - values)[normal] <= step[normal] / 2 * (1 + 1e-6))
    np.testing.assert_array_equal(rounded(np.zeros(3, np.float32)), 0)
