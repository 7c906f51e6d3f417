"""Small networks that the tests of this room share."""

import keras
from keras import layers

from dlnet_tf.backbones.bicubic import BicubicUpscale
from dlnet_tf.backbones.transposed_conv import SubpixelTransposedConv


def inpainter(dtype="float64", channels=2, head_layers=(), size=(None, None)):
    """Smooth everywhere, so that finite differences can be trusted; h has two nonlinearities."""
    keras.utils.set_random_seed(1)
    degraded = keras.Input((*size, channels), name="degraded", dtype=dtype)
    x = layers.Conv2D(6, 3, padding="same", activation="tanh", dtype=dtype, name="features")(degraded)
    x = layers.Conv2D(5, 3, padding="same", dtype=dtype, name="z")(x)
    for layer in head_layers:
        x = layer(x)
    x = layers.Activation("softplus", dtype=dtype, name="z_act")(x)
    x = layers.Conv2D(4, 3, padding="same", activation="tanh", dtype=dtype, name="hidden")(x)
    x = layers.Conv2D(channels, 1, dtype=dtype, name="out")(x)
    return keras.Model({"degraded": degraded}, x, name="inpainter")


def upscaler(dtype="float64", precision=None):
    """Scale 2, with a bicubic skip that crosses the cut."""
    keras.utils.set_random_seed(2)
    degraded = keras.Input((None, None, 1), name="degraded", dtype=dtype)
    x = layers.Conv2D(6, 3, padding="same", activation="tanh", dtype=precision or dtype, name="features")(degraded)
    x = layers.Conv2D(5, 3, padding="same", dtype=precision or dtype, name="z")(x)
    x = layers.Activation("tanh", dtype=dtype, name="z_act")(x)
    x = SubpixelTransposedConv(1, 5, 2, crop=1, kernel_initializer="glorot_normal", dtype=dtype, name="upscale")(x)
    x = layers.Add(dtype=dtype, name="restored")([x, BicubicUpscale(2, dtype=dtype, name="bicubic")(degraded)])
    return keras.Model({"degraded": degraded}, x, name="upscaler")
