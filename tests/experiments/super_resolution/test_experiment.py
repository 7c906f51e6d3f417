"""What training for super-resolution starts from."""

import keras
import numpy as np
import pytest

from dlnet_tf import keras_models
from dlnet_tf.backbones import BACKBONES
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from tests import stand_in


@pytest.mark.parametrize("scale", [2, 3])
def test_a_start_is_loaded_once(tmp_path, monkeypatch, scale):
    monkeypatch.setitem(BACKBONES, "idn", stand_in.idn)
    source = stand_in.idn(3)
    source.save(tmp_path / "x3.keras")
    loaded, load = [], keras_models.load
    monkeypatch.setattr(keras_models, "load", lambda path: loaded.append(path) or load(path))
    experiment = SuperResolution("idn", scale)
    start = experiment.load_start(tmp_path / "x3.keras")
    assert loaded == [tmp_path / "x3.keras"] and experiment.describe(start) == f"idn x{scale}"
    np.testing.assert_array_equal(start.get_layer("z").get_weights()[0], source.get_layer("z").get_weights()[0])


def test_a_scale_is_read_off_what_comes_out():
    degraded = keras.Input((None, None, 1), name="degraded")
    z = keras.layers.Conv2D(4, 3, padding="same", name="z")(degraded)
    restored = keras.layers.Conv2DTranspose(1, 4, strides=2, padding="same")(z)
    experiment = SuperResolution("idn", 2)
    assert experiment.describe(keras.Model(degraded, restored, name="mine")) == "mine x2"
    # What takes one size only is none of super-resolution.
    assert experiment.describe(stand_in.autoencoder()) == "autoencoder"
