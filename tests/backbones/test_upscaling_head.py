"""The residual on top of bicubic upscaling."""

import keras
import numpy as np
import pytest

from dlnet_tf.backbones.upscaling_head import upscaling_head
from dlnet_tf.resize import imresize


def _model(scale, **arguments):
    features, degraded = keras.Input((None, None, 4)), keras.Input((None, None, 1))
    return keras.Model([features, degraded], upscaling_head(features, degraded, scale, **arguments))


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_without_features_it_is_bicubic_upscaling(scale):
    y = np.random.default_rng(0).random((1, 6, 5, 1)).astype("float32")
    restored = _model(scale)([np.zeros((1, 6, 5, 4), "float32"), y])
    np.testing.assert_allclose(restored[0], imresize(y[0], scale), atol=1e-6)


@pytest.mark.parametrize(("scale", "crop"), [(2, 7), (3, 7), (4, 6)])
def test_the_default_crop_centres_the_kernel(scale, crop):
    assert _model(scale).get_layer("upscale").crop == crop
    assert _model(scale, crop=9 - scale).get_layer("upscale").crop == 9 - scale
