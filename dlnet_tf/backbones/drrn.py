"""DRRN: Tai, Yang, Liu, "Image Super-Resolution via Deep Recursive Residual Network", CVPR 2017."""

from __future__ import annotations

import keras
from keras import layers

from dlnet_tf.backbones.convolution import convolution
from dlnet_tf.backbones.copied import Copied
from dlnet_tf.backbones.upscaling_head import upscaling_head

SLOPE = 0.05
UNITS = 9


def drrn(scale: int = 3, precision: str = "float32", width: int = 128) -> keras.Model:
    """Build DRRN_B1U9 for one magnification, working at low resolution: 339,585 parameters.

    One recursive block of nine residual units with shared weights:
    r_u = r_0 + conv_b(act(conv_a(act(r_{u-1})))). As in arXiv:1904.09105v4 the units 3, 6 and 9 are joined by
    a 1x1 convolution, whose result a transposed convolution upscales. Unlike the original this one has no batch
    normalisation.

    Args:
        scale: magnification, 2, 3 or 4.
        precision: Keras dtype policy of the layers before z; z and the layers after it are float32.
        width: number of channels of the units, even; 128 in the paper.

    Returns:
        A functional model {"degraded": [B, h, w, 1] in [0, 1]} -> [B, scale h, scale w, 1]. Layer `z` is the
        1x1 convolution to width / 2 channels before its activation.
    """
    degraded = keras.Input((None, None, 1), name="degraded")

    def conv(name: str) -> layers.Layer:
        return convolution(width, 3, precision, name)

    conv_a, conv_b = conv("unit_conv_a"), conv("unit_conv_b")
    x, *firsts = Copied(UNITS + 1, dtype=precision, name="copied")(conv("features")(degraded))
    joined = []
    for unit, first in enumerate(firsts, 1):
        y = layers.LeakyReLU(SLOPE, dtype=precision, name=f"unit{unit}_act_a")(x)
        y = layers.LeakyReLU(SLOPE, dtype=precision, name=f"unit{unit}_act_b")(conv_a(y))
        x = layers.Add(dtype=precision, name=f"unit{unit}")([first, conv_b(y)])
        if unit % 3 == 0:
            joined.append(x)
    x = layers.Concatenate(dtype=precision, name="join")(joined)
    x = convolution(width // 2, 1, "float32", "z")(x)
    x = layers.LeakyReLU(SLOPE, dtype="float32", name="z_act")(x)
    return keras.Model({"degraded": degraded}, upscaling_head(x, degraded, scale), name="drrn")
