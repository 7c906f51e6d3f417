"""The inpainting autoencoder of arXiv:1904.09105v4, after Pathak et al., "Context Encoders", CVPR 2016."""

from __future__ import annotations

import math

import keras
from keras import layers, ops

from dlnet_tf.backbones.transposed_conv import SubpixelTransposedConv
from dlnet_tf.tensors import Tensor

SIZE = 64
SLOPE = 0.2
# Where a deeper network has its four more convolutions: (at the front, at the back).
EXTRA = {"none": (0, 0), "front": (4, 0), "back": (0, 4), "both": (2, 2)}
# Beginnings of the names of its layers -> the part they belong to. The paper's "2.9M" is encoder and channel-wise map.
PARTS = {
    "enc": "encoder",
    "front": "encoder",
    "channel_fc": "channel_fc",
    "dec": "decoder",
    "back": "decoder",
    "z": "decoder",
    "out": "decoder",
}


@keras.saving.register_keras_serializable("dlnet_tf")
class ChannelwiseDense(layers.Layer):
    """A linear map of all positions to all positions, one for each channel, without a bias.

    It carries information across the image where convolutions would need many layers.
    """

    def build(self, input_shape: tuple[int | None, int, int, int]) -> None:
        """Create the kernel [C, positions in, positions out], positions row-major."""
        _, height, width, channels = input_shape
        self.kernel = self.add_weight(
            name="kernel",
            shape=(channels, height * width, height * width),
            initializer=keras.initializers.RandomNormal(stddev=1e-3),
        )

    def call(self, inputs: Tensor) -> Tensor:
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


def _convolution(x: Tensor, filters: int, side: int, name: str, precision: str, strides: int = 1) -> Tensor:
    """Apply a convolution of side x side taps, before its normalisation and activation."""
    return layers.Conv2D(
        filters,
        side,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer=_he(x.shape[-1], side**2),
        dtype=precision,
        name=name,
        data_format="channels_last",
    )(x)


def downsample(x: Tensor, filters: int, name: str, precision: str) -> Tensor:
    """Halve the size by a normalised 4 x 4 convolution: [B, h, w, C] -> [B, h / 2, w / 2, filters], not activated."""
    x = _convolution(x, filters, 4, name, precision, strides=2)
    return layers.BatchNormalization(dtype=precision, name=f"{name}_bn")(x)


def decoder(x: Tensor, width: int, precision: str, extra: int = 0) -> Tensor:
    """Restore the image from the 4 x 4 grid: channel-wise dense map, three transposed convolutions, z and h.

    Args:
        x: [B, 4, 4, 8 width], activated.
        width: channels of z.
        precision: Keras dtype policy of the layers before z.
        extra: 3 x 3 convolutions between the third transposed convolution and z.

    Returns:
        [B, 64, 64, 3], the output of layer `out`.
    """
    x = ChannelwiseDense(dtype=precision, name="channel_fc")(x)
    names = ["dec1", "dec2", "dec3", *(f"back{index}" for index in range(1, extra + 1))]
    for index, name in enumerate(names, start=1):
        if index > 3:
            x = _convolution(x, width, 3, name, precision)
        else:
            x = layers.Conv2DTranspose(
                width * 2 ** (3 - index),
                4,
                strides=2,
                padding="same",
                use_bias=False,
                # With stride 2 an output pixel sees 4 of the 16 taps.
                kernel_initializer=_he(x.shape[-1], 4),
                dtype=precision,
                name=name,
                data_format="channels_last",
            )(x)
        last = name == names[-1]
        x = layers.BatchNormalization(dtype="float32" if last else precision, name="z" if last else f"{name}_bn")(x)
        if not last:
            x = layers.ReLU(dtype=precision, name=f"{name}_act")(x)
    x = layers.ReLU(dtype="float32", name="z_act")(x)
    # Three output channels are too few for a transposed convolution of TensorFlow to be fast.
    return SubpixelTransposedConv(
        3,
        4,
        2,
        crop=1,
        use_bias=False,
        kernel_initializer=_he(width, 4),
        dtype="float32",
        name="out",
    )(x)


def autoencoder(precision: str = "float32", width: int = 64, extra: str = "none") -> keras.Model:
    """Build the autoencoder for 64 x 64 colour images: 5,647,872 parameters at the published width.

    Four convolutions of stride 2, a dense map a channel on the 4 x 4 grid, four transposed convolutions of stride 2;
    batch normalisation after all but the last, no biases, linear output.

    The deeper networks of Section IV-B have four more convolutions, 3 x 3 on the 32 x 32 grid: at the front after the
    first one, at the back between the last but one and z. They lie before z so that h, and with it the cost of an
    update of z, stays as it is.

    Args:
        precision: Keras dtype policy of the layers before z; z and the layers after it are float32.
        width: channels of the first convolution, doubled by each of the next three; 64 in the paper.
        extra: where a deeper network has its four more convolutions: "none", "front", "back", or "both", two and two.

    Returns:
        A functional model {"degraded": [B, 64, 64, 3] in [0, 1], missing pixels 0} -> [B, 64, 64, 3]. Layer `z` is the
        last batch normalisation, [B, 32, 32, width], that of the third transposed convolution if none follows.

    Raises:
        ValueError: extra is none of these words.
    """
    if extra not in EXTRA:
        raise ValueError(f"found extra {extra!r}, expected one of {', '.join(EXTRA)}")
    front, back = EXTRA[extra]
    degraded = keras.Input((SIZE, SIZE, 3), name="degraded")
    x = degraded
    for index in (1, 2, 3, 4):
        x = downsample(x, width * 2 ** (index - 1), f"enc{index}", precision)
        x = layers.LeakyReLU(SLOPE, dtype=precision, name=f"enc{index}_act")(x)
        for position in range(1, front + 1) if index == 1 else ():
            x = _convolution(x, width, 3, f"front{position}", precision)
            x = layers.BatchNormalization(dtype=precision, name=f"front{position}_bn")(x)
            x = layers.LeakyReLU(SLOPE, dtype=precision, name=f"front{position}_act")(x)
    restored = decoder(x, width, precision, back)
    name = "autoencoder" if extra == "none" else f"autoencoder_{extra}"
    return keras.Model({"degraded": degraded}, restored, name=name)
