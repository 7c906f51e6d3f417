"""What is asked of DL-Nets and of plain networks alike."""

import inspect

import numpy as np
import pytest

from dlnet_tf import DLNet
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood.plain_network import PlainNetwork, described
from tests.likelihood.networks import upscaler


def test_a_dlnet_answers_whatever_a_plain_network_does():
    network = upscaler("float32")
    model = DLNet(network, BlurDownsample(2), 2)
    plain = described(network)
    assert described(model) is model and plain.backbone is plain.g is network
    names = [name for name in {**vars(PlainNetwork), **vars(plain)} if not name.startswith("_")]
    assert len(names) > 10 and [name for name in names if not hasattr(model, name)] == []
    methods = [name for name in names if inspect.isfunction(getattr(PlainNetwork, name, None))]
    for name in methods:
        arguments = [list(inspect.signature(getattr(one, name)).parameters) for one in (plain, model)]
        assert arguments[0] == arguments[1]


def test_a_plain_network_is_given_what_it_names_and_has_no_fidelity():
    network = upscaler("float32")
    plain = described(network)
    (name,) = plain.input_shapes()
    y = np.random.default_rng(0).random((1, 6, 5, *network.inputs[0].shape[3:]), np.float32)
    picked = plain.pick({name: y, "blur_width": np.ones(1)})
    assert list(picked) == [name]
    restored, fidelity = plain.restore_with_fidelity(picked)
    assert fidelity is None
    np.testing.assert_array_equal(restored, network(picked, training=False))
    with pytest.raises(UsageError, match=rf"^{network.name}: found inputs \['mask'\], expected \['{name}'\] too$"):
        plain.pick({"mask": y})
