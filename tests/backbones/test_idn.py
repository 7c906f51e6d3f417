"""IDN as published."""

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.backbones.idn import idn


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_has_the_published_number_of_parameters(scale):
    assert idn(scale).count_params() == 552_769


def test_blocks_have_the_published_widths():
    model = idn(3)
    for block in (1, 2, 3, 4):
        layers = [model.get_layer(f"block{block}_conv{position}") for position in range(1, 7)]
        assert [layer.filters for layer in layers] == [48, 32, 64, 64, 48, 80]
        assert [layer.kernel.shape[2] for layer in layers] == [64, 48 // 4, 32, 48, 64 // 4, 48]
        assert model.get_layer(f"block{block}_skip").output.shape[-1] == 80
    assert model.get_layer("z").kernel.shape == (1, 1, 80, 64)
    assert model.get_layer("upscale").kernel.shape == (17, 17, 1, 64)


def test_equals_a_plain_tensorflow_network():
    """Everything written out once more, with TensorFlow's own grouped and transposed convolutions."""
    model = idn(3)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.08, weight.shape) for weight in model.weights])
    y = rng.random((2, 9, 8, 1)).astype("float32")

    def conv(x, name):
        layer = model.get_layer(name)
        # TensorFlow groups where the kernel has fewer input channels than the image.
        return tf.nn.conv2d(x, layer.kernel.value, 1, "SAME") + layer.bias

    def act(x):
        return tf.maximum(x, 0.05 * x)

    x = act(conv(act(conv(y, "features1")), "features2"))
    for block in (1, 2, 3, 4):
        deep = x
        for position in (1, 2, 3):
            deep = act(conv(deep, f"block{block}_conv{position}"))
        kept, deep = tf.split(deep, [16, 48], axis=-1)
        for position in (4, 5, 6):
            deep = act(conv(deep, f"block{block}_conv{position}"))
        x = act(conv(tf.concat([x, kept], -1) + deep, "z" if block == 4 else f"block{block}_compress"))
    upscale = model.get_layer("upscale")
    full = tf.nn.conv2d_transpose(x, upscale.kernel.value, (2, 17 + 24, 17 + 21, 1), 3, "VALID")
    residual = full[:, 6 : 6 + 27, 6 : 6 + 24] + upscale.bias
    expected = residual + model.get_layer("bicubic")(y)
    assert np.std(residual) > 0.1
    np.testing.assert_allclose(model({"degraded": y}), expected, atol=2e-5)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("alignment", ["published", "same"])
def test_alignment_says_where_the_transposed_convolution_is_cropped(alignment, scale):
    model = idn(scale, width=16, alignment=alignment)
    upscale = model.get_layer("upscale")
    x = np.random.default_rng(0).random((2, 6, 5, 16), dtype="float32")
    size = (2, 6 * scale, 5 * scale, 1)
    if alignment == "same":
        expected = tf.nn.conv2d_transpose(x, upscale.kernel.value, size, scale, "SAME")
    else:
        whole = (2, 5 * scale + 17, 4 * scale + 17, 1)
        first = 9 - scale
        expected = tf.nn.conv2d_transpose(x, upscale.kernel.value, whole, scale, "VALID")
        expected = expected[:, first : first + size[1], first : first + size[2]]
    np.testing.assert_allclose(upscale(x), expected, atol=1e-6)
    centred = idn(scale, width=16, alignment="same").get_layer("upscale").crop
    assert (upscale.crop == centred) == (alignment == "same" or scale == 2)


def test_width_scales_every_layer():
    narrow, published = idn(2, width=16), idn(2)
    for small, large in zip(narrow.weights, published.weights, strict=True):
        if large.shape[-1] > 1:
            assert 4 * small.shape[-1] == large.shape[-1], large.path
