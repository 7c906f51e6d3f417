"""VDSR at low resolution, as the paper adapts it."""

import keras
import pytest

from dlnet_tf.backbones.vdsr import vdsr


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_has_20_layers_64_wide(scale):
    model = vdsr(scale)
    hidden = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert len(hidden) == 19
    assert {(layer.kernel_size, layer.filters) for layer in hidden} == {((3, 3), 64)}
    assert model.get_layer("upscale").kernel.shape == (17, 17, 1, 64)
    # 1 -> 64, eighteen times 64 -> 64, all 3x3 with bias; 17x17 64 -> 1 with bias.
    assert model.count_params() == (9 + 1) * 64 + 18 * (9 * 64 + 1) * 64 + 17 * 17 * 64 + 1


def test_z_is_the_last_hidden_convolution_before_its_activation():
    model = vdsr(3, width=8)
    z = model.get_layer("z")
    assert isinstance(z, keras.layers.Conv2D) and z.activation is keras.activations.linear
    assert model.get_layer("z_act").input is z.output
