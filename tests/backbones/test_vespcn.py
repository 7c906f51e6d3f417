"""VESPCN: three frames, one of them enlarged."""

import keras
import numpy as np
import pytest

from dlnet_tf.backbones import vespcn
from dlnet_tf.likelihood import split


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_nine_layers_of_24_channels(scale):
    model = vespcn(scale)
    motion = [layer for layer in model.layers if layer.name.startswith(("coarse", "fine")) and layer.weights]
    fusion = [layer for layer in model.layers if layer.weights and layer not in motion]
    assert [layer.kernel.shape for layer in fusion] == [
        (3, 3, 3, 24),
        *7 * [(3, 3, 24, 24)],
        (3 * scale, 3 * scale, 1, 24),
    ]
    # Three frames in, seven more hidden layers, and the sub-pixel layer, all with bias.
    layers = (27 + 1) * 24 + 7 * (9 * 24 + 1) * 24 + 9 * scale**2 * 24 + 1
    coarse = (50 + 1) * 24 + 2 * (9 * 24 + 1) * 24 + (25 * 24 + 1) * 24 + (9 * 24 + 1) * 32
    fine = (125 + 1) * 24 + 3 * (9 * 24 + 1) * 24 + (9 * 24 + 1) * 8
    assert model.count_params() == layers + coarse + fine
    if scale == 2:
        assert f"{model.count_params():,} parameters" in vespcn.__doc__


def test_h_is_a_sub_pixel_layer_and_the_bicubic_image():
    model = vespcn(2)
    _, head = split(model)
    assert [layer.name for layer in head.layers if not isinstance(layer, keras.layers.InputLayer)] == [
        "z_act",
        "upscale",
        "restored",
    ]
    # A transposed convolution of 3 t x 3 t and stride t is a 3 x 3 convolution to t^2 channels, then depth-to-space.
    upscale = model.get_layer("upscale")
    features = np.random.default_rng(0).normal(size=(1, 5, 4, 24)).astype("float32")
    conv = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)
    conv.build(features.shape)
    kernel = np.random.default_rng(1).normal(size=(6, 6, 1, 24)).astype("float32")
    upscale.kernel.assign(kernel)
    phases = kernel.reshape(3, 2, 3, 2, 24).transpose(0, 2, 4, 1, 3).reshape(3, 3, 24, 4)[::-1, ::-1]
    conv.kernel.assign(phases)
    small = np.asarray(conv(features)).reshape(1, 5, 4, 2, 2).transpose(0, 1, 3, 2, 4).reshape(1, 10, 8, 1)
    np.testing.assert_allclose(upscale(features), small, atol=1e-4)


def test_both_neighbours_go_through_the_same_layers():
    model = vespcn(2, width=8)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.1, weight.shape) for weight in model.weights])
    y, other = rng.random((2, 1, 9, 8, 1), "float32")
    outputs = [model.get_layer(name).output for name in ("previous_aligned", "next_aligned")]
    aligned = keras.Model(model.input, outputs)({"degraded": y, "neighbours": np.concatenate([other, other], -1)})
    np.testing.assert_array_equal(*aligned)
    assert np.abs(aligned[0] - other).max() > 1e-3
