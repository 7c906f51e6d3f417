"""A halved file is half as large and loads as the model that it was."""

import keras
import numpy as np

from dlnet_tf import models
from dlnet_tf.backbones import autoencoder
from dlnet_tf.degradations import Masking
from dlnet_tf.likelihood import DLNet, GradientUpdate
from dlnet_tf.training.shipping import LARGE, halve


def test_a_halved_model_differs_by_the_rounding_of_its_large_arrays_alone(tmp_path):
    keras.utils.set_random_seed(0)
    model = DLNet(autoencoder(width=12), Masking(), 3, GradientUpdate(0.5))
    rule = model.update
    rule.factors.assign(np.random.default_rng(0).uniform(0.5, 1.5, rule.factors.shape))
    model.save(tmp_path / "whole.keras")
    whole = (tmp_path / "whole.keras").read_bytes()
    halved = halve(whole)
    assert len(halved) < 0.55 * len(whole) and halve(whole) == halved
    (tmp_path / "halved.keras").write_bytes(halved)
    loaded = models.load(tmp_path / "halved.keras")
    pairs = list(zip(model.weights, loaded.weights, strict=True))
    assert any(weight.shape.num_elements() >= LARGE for weight, _ in pairs)
    for weight, other in pairs:
        assert other.dtype == "float32" and weight.path == other.path
        values = weight.numpy()
        expected = values.astype(np.float16) if values.size >= LARGE else values
        np.testing.assert_array_equal(other.numpy(), expected)
    # Steps on random weights would blow the rounding up.
    model.num_steps = loaded.num_steps = 1
    inputs = {"degraded": np.random.default_rng(1).random((2, 64, 64, 3), "float32")}
    inputs["mask"] = np.ones((2, 64, 64, 1), "float32")
    np.testing.assert_allclose(loaded(inputs), model(inputs), atol=0.01)
