"""A network at one scale gives what it has learned to the same network at another."""

import numpy as np
import pytest

from dlnet_tf.backbones import BACKBONES
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.keras_models import transfer
from dlnet_tf.likelihood import DLNet
from tests import stand_in


def test_layers_of_one_name_and_shape_are_copied_and_others_stay():
    source, target = stand_in.idn(3), stand_in.idn(2)
    before = {layer.name: layer.get_weights() for layer in target.layers}
    copied = transfer(source, target)
    alike = 0
    for layer in target.layers:
        theirs, own = source.get_layer(layer.name).get_weights(), before[layer.name]
        same = bool(own) and all(a.shape == b.shape for a, b in zip(theirs, own, strict=True))
        alike += same
        for weight, expected in zip(layer.get_weights(), theirs if same else own, strict=True):
            np.testing.assert_array_equal(weight, expected)
    assert copied == alike > 1


def test_training_starts_from_another_scale_but_not_from_another_network(tmp_path, monkeypatch):
    monkeypatch.setitem(BACKBONES, "idn", stand_in.idn)
    source = stand_in.idn(3)
    DLNet(source, SuperResolution("idn", 3).degradation, 1).save(tmp_path / "x3.keras")
    start = SuperResolution("idn", 2).load_start(tmp_path / "x3.keras")
    assert SuperResolution("idn", 2).describe(start) == "idn x2"
    np.testing.assert_array_equal(start.get_layer("z").get_weights()[0], source.get_layer("z").get_weights()[0])
    with pytest.raises(UsageError, match="found a checkpoint of idn x3, expected vdsr x2"):
        SuperResolution("vdsr", 2).load_start(tmp_path / "x3.keras")
