"""Small networks that pass for the real ones, and photographs made of formulas: what the tests of whole runs share."""

import cv2
import keras
import numpy as np
from keras import layers

from dlnet_tf import backbones
from dlnet_tf.backbones.bicubic import BicubicUpscale
from dlnet_tf.backbones.transposed_conv import SubpixelTransposedConv


def idn(scale=3, precision="float32", width=8, smooth=False):
    """As `backbones.idn`, with two thin convolutions before z; a smooth one has no kink for rounding to step over."""
    degraded = keras.Input((None, None, 1), name="degraded")
    x = layers.Conv2D(width, 3, padding="same", activation="tanh", dtype=precision, name="features")(degraded)
    x = layers.Conv2D(4, 3, padding="same", dtype="float32", name="z")(x)
    x = x + 0.1 * x * x if smooth else layers.LeakyReLU(0.05, dtype="float32", name="z_act")(x)
    normal = keras.initializers.RandomNormal(stddev=0.05)
    x = SubpixelTransposedConv(1, 5, scale, crop=1, kernel_initializer=normal, dtype="float32", name="upscale")(x)
    skip = BicubicUpscale(scale, dtype="float32", name="bicubic")(degraded)
    return keras.Model({"degraded": degraded}, layers.Add(dtype="float32", name="restored")([x, skip]), name="idn")


def autoencoder(precision="float32", extra="none"):
    """The autoencoder, a sixteenth as wide."""
    return backbones.autoencoder(precision, width=4, extra=extra)


def with_statistics(network):
    """Gives an autoencoder the statistics of photographs in place of 0 and 1, so that its output is not all black."""
    normalisations = [layer for layer in network.layers if isinstance(layer, layers.BatchNormalization)]
    images = np.stack([photograph(index, 64, 64) for index in range(4)]).astype(np.float32) / 255
    for layer in normalisations:
        layer.momentum = 0.0
    network({"degraded": images}, training=True)
    for layer in normalisations:
        layer.momentum = 0.99
    return network


def image_set(folder, train=12, validation=4, test=4):
    """Writes 64 x 64 images as `celeba64` has them: folder/{train,val,test}/*.png."""
    first = 0
    for split, count in (("train", train), ("val", validation), ("test", test)):
        (folder / split).mkdir(parents=True)
        for index in range(first, first + count):
            assert cv2.imwrite(str(folder / split / f"{index:03}.png"), photograph(index, 64, 64)[..., ::-1])
        first += count


def photograph(seed, height=48, width=45, colour=True):
    """Smooth waves with an edge, uint8 [height, width, 3], or [height, width] where not colour."""
    random = np.random.default_rng(seed)
    row, column = np.mgrid[:height, :width] / 12.0
    phase = random.uniform(0, 6, (3, 2))
    waves = [np.sin(row + a) * np.cos(1.7 * column + b) + (row > column) for a, b in phase]
    pixels = np.rint(100 + 50 * np.stack(waves, axis=-1)).astype(np.uint8)
    return pixels if colour else pixels[..., 0]
