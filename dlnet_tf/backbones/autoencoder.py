"""The inpainting autoencoder of arXiv:1904.09105v4, after Pathak et al., "Context Encoders", CVPR 2016."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers, ops

from dlnet_tf.backbones.transposed_conv import SubpixelTransposedConv

SIZE = 64
SLOPE = 0.2


@keras.saving.register_keras_serializable("dlnet_tf")
class ChannelwiseDense(layers.Layer):
    """A linear map of all positions to all positions, one for each channel, without a bias.

    It carries information across the image where convolutions would need many layers.
    """

    def build(self, input_shape: tuple[Any, ...]) -> None:
        """Create the kernel [C, positions in, positions out], positions row-major."""
        _, height, width, channels = input_shape
        self.kernel = self.add_weight(
            name="kernel",
            shape=(channels, height * width, height * width),
            initializer=keras.initializers.RandomNormal(stddev=1e-3),
        )

    def call(self, inputs: Any) -> Any:
        """Map [B, h, w, C] to [B, h, w, C]; h and w are fixed by the first call."""
        _, height, width, channels = inputs.shape
        x = ops.reshape(inputs, (-1, height * width, channels))
        x = ops.einsum("bpc,cpq->bqc", x, self.kernel)
        return ops.reshape(x, (-1, height, width, channels))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the input."""
        return input_shape


def _he(channels: int, taps: int) -> keras.initializers.Initializer:
    """He et al.'s normal initialisation: variance 2 / fan-in."""
    return keras.initializers.RandomNormal(stddev=math.sqrt(2 / (taps * channels)))


def autoencoder(precision: str = "float32", width: int = 64) -> keras.Model:
    """Build the autoencoder for 64 x 64 colour images: 5,647,872 parameters at the published width.

    Four convolutions of stride 2, a dense map a channel on the 4 x 4 grid, four transposed convolutions of stride 2;
    batch normalisation after all but the last, no biases, linear output.

    Args:
        precision: Keras dtype policy of the layers before z; z and the layers after it are float32.
        width: channels of the first convolution, doubled by each of the next three; 64 in the paper.

    Returns:
        A functional model {"degraded": [B, 64, 64, 3] in [0, 1], missing pixels 0} -> [B, 64, 64, 3]. Layer `z` is the
        batch normalisation of the third transposed convolution, [B, 32, 32, width].
    """
    degraded = keras.Input((SIZE, SIZE, 3), name="degraded")
    x = degraded
    for index in (1, 2, 3, 4):
        x = layers.Conv2D(
            width * 2 ** (index - 1),
            4,
            strides=2,
            padding="same",
            use_bias=False,
            kernel_initializer=_he(x.shape[-1], 16),
            dtype=precision,
            name=f"enc{index}",
        )(x)
        x = layers.BatchNormalization(dtype=precision, name=f"enc{index}_bn")(x)
        x = layers.LeakyReLU(SLOPE, dtype=precision, name=f"enc{index}_act")(x)
    x = ChannelwiseDense(dtype=precision, name="channel_fc")(x)
    for index in (1, 2, 3):
        x = layers.Conv2DTranspose(
            width * 2 ** (3 - index),
            4,
            strides=2,
            padding="same",
            use_bias=False,
            # With stride 2 an output pixel sees 4 of the 16 taps.
            kernel_initializer=_he(x.shape[-1], 4),
            dtype=precision,
            name=f"dec{index}",
        )(x)
        last = index == 3
        x = layers.BatchNormalization(dtype="float32" if last else precision, name="z" if last else f"dec{index}_bn")(x)
        if not last:
            x = layers.ReLU(dtype=precision, name=f"dec{index}_act")(x)
    x = layers.ReLU(dtype="float32", name="z_act")(x)
    # Three output channels are too few for a transposed convolution of TensorFlow to be fast.
    restored = SubpixelTransposedConv(
        3,
        4,
        2,
        crop=1,
        use_bias=False,
        kernel_initializer=_he(width, 4),
        dtype="float32",
        name="out",
    )(x)
    return keras.Model({"degraded": degraded}, restored, name="autoencoder")
