"""DRRN_B1U9 at low resolution, as the paper adapts it."""

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.backbones.drrn import drrn


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_has_about_340_thousand_parameters_shared_by_nine_units(scale):
    model = drrn(scale)
    # 1 -> 128; the two convolutions of every unit; 384 -> 64; 17x17 64 -> 1.
    features, units, join = (9 + 1) * 128, 2 * (9 * 128 + 1) * 128, (384 + 1) * 64
    assert model.count_params() == features + units + join + 17 * 17 * 64 + 1 == 339_585
    assert len(model.get_layer("unit_conv_a")._inbound_nodes) == 9


def test_equals_the_recursion_written_out():
    model = drrn(2, width=8)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.2, weight.shape) for weight in model.weights])
    y = rng.random((2, 6, 5, 1)).astype("float32")

    def conv(x, name):
        layer = model.get_layer(name)
        return tf.nn.conv2d(x, layer.kernel.value, 1, "SAME") + layer.bias

    def act(x):
        return tf.maximum(x, 0.05 * x)

    units = [conv(y, "features")]
    for _ in range(9):
        units.append(units[0] + conv(act(conv(act(units[-1]), "unit_conv_a")), "unit_conv_b"))
    z = conv(tf.concat([units[3], units[6], units[9]], -1), "z")
    expected = model.get_layer("upscale")(act(z)) + model.get_layer("bicubic")(y)
    np.testing.assert_allclose(model({"degraded": y}), expected, rtol=1e-4, atol=1e-5)
