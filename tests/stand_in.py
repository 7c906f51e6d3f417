"""A small network that passes for IDN, and photographs made of formulas: what the tests of whole runs share."""

import keras
import numpy as np
from keras import layers

from dlnet_tf.backbones.bicubic import BicubicUpscale
from dlnet_tf.backbones.transposed_conv import SubpixelTransposedConv


def idn(scale=3, precision="float32", width=8):
    """As `backbones.idn`, with two thin convolutions before z."""
    degraded = keras.Input((None, None, 1), name="degraded")
    x = layers.Conv2D(width, 3, padding="same", activation="tanh", dtype=precision, name="features")(degraded)
    x = layers.Conv2D(4, 3, padding="same", dtype="float32", name="z")(x)
    x = layers.LeakyReLU(0.05, dtype="float32", name="z_act")(x)
    normal = keras.initializers.RandomNormal(stddev=0.05)
    x = SubpixelTransposedConv(1, 5, scale, crop=1, kernel_initializer=normal, dtype="float32", name="upscale")(x)
    skip = BicubicUpscale(scale, dtype="float32", name="bicubic")(degraded)
    return keras.Model({"degraded": degraded}, layers.Add(dtype="float32", name="restored")([x, skip]), name="idn")


def photograph(seed, height=48, width=45, colour=True):
    """Smooth waves with an edge, uint8 [height, width, 3], or [height, width] where not colour."""
    random = np.random.default_rng(seed)
    row, column = np.mgrid[:height, :width] / 12.0
    phase = random.uniform(0, 6, (3, 2))
    waves = [np.sin(row + a) * np.cos(1.7 * column + b) + (row > column) for a, b in phase]
    pixels = np.rint(100 + 50 * np.stack(waves, axis=-1)).astype(np.uint8)
    return pixels if colour else pixels[..., 0]
