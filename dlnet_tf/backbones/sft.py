"""The inpainting autoencoder with features modulated by the mask, as arXiv:1904.09105v4 compares with it.

The modulation is that of Wang et al., "Recovering Realistic Texture in Image Super-Resolution by Deep Spatial Feature
Transform", CVPR 2018.
"""

from __future__ import annotations

import keras
from keras import layers

from dlnet_tf.backbones.autoencoder import SIZE, SLOPE, decoder, downsample
from dlnet_tf.tensors import Tensor

CONDITION_SLOPE = 0.1


@keras.saving.register_keras_serializable("dlnet_tf")
class SpatialFeatureTransform(layers.Layer):
    """gamma * x + beta with gamma = 1 + scale and beta = shift, everywhere its own."""

    def call(self, inputs: Tensor) -> Tensor:
        """Map [x, scale, shift], each [B, h, w, C], to [B, h, w, C]."""
        x, scale, shift = inputs
        return x * (1 + scale) + shift

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """Return the shape of x."""
        return input_shape[0]


def _pointwise(x: Tensor, filters: int, name: str, precision: str) -> Tensor:
    """An activated 1 x 1 convolution."""
    x = layers.Conv2D(
        filters, 1, kernel_initializer="he_normal", dtype=precision, name=name, data_format="channels_last"
    )(x)
    return layers.LeakyReLU(CONDITION_SLOPE, dtype=precision, name=f"{name}_act")(x)


def sft(precision: str = "float32", width: int = 64) -> keras.Model:
    """Build the modulated autoencoder for 64 x 64 colour images: 5,720,672 parameters at the published width.

    A condition network on the mask gives width / 2 maps on the 32 x 32 grid. One hidden layer for all scales and one
    for all shifts follow; every level of the encoder averages them over its coarser pixels and maps them to its own
    channels. The transform stands between batch normalisation and activation. All else is the autoencoder's.

    Args:
        precision: Keras dtype policy of the layers before z; z and the layers after it are float32.
        width: channels of the first convolution, doubled by each of the next three; even, 64 in the paper.

    Returns:
        A functional model {"degraded": [B, 64, 64, 3] in [0, 1], missing pixels 0, "mask": [B, 64, 64, 1], 1 =
        observed} -> [B, 64, 64, 3]. Layer `z` is the batch normalisation of the third transposed convolution,
        [B, 32, 32, width].
    """
    degraded = keras.Input((SIZE, SIZE, 3), name="degraded")
    mask = keras.Input((SIZE, SIZE, 1), name="mask")
    condition = layers.Conv2D(
        width,
        4,
        strides=2,
        padding="same",
        kernel_initializer="he_normal",
        dtype=precision,
        name="condition1",
        data_format="channels_last",
    )(mask)
    condition = layers.LeakyReLU(CONDITION_SLOPE, dtype=precision, name="condition1_act")(condition)
    condition = _pointwise(condition, width, "condition2", precision)
    condition = _pointwise(condition, width // 2, "condition3", precision)
    hidden = {kind: _pointwise(condition, width // 2, f"{kind}_hidden", precision) for kind in ("scale", "shift")}

    x = degraded
    for index in (1, 2, 3, 4):
        name = f"enc{index}"
        x = downsample(x, width * 2 ** (index - 1), name, precision)
        inputs = [x]
        for kind in ("scale", "shift"):
            if index > 1:
                pool = layers.AveragePooling2D(
                    2, dtype=precision, name=f"{name}_{kind}_pool", data_format="channels_last"
                )
                hidden[kind] = pool(hidden[kind])
            # Small, so that training starts close to the plain autoencoder.
            start = keras.initializers.RandomNormal(stddev=1e-2)
            to_channels = layers.Conv2D(
                x.shape[-1],
                1,
                kernel_initializer=start,
                dtype=precision,
                name=f"{name}_{kind}",
                data_format="channels_last",
            )
            inputs.append(to_channels(hidden[kind]))
        x = SpatialFeatureTransform(dtype=precision, name=f"{name}_sft")(inputs)
        x = layers.LeakyReLU(SLOPE, dtype=precision, name=f"{name}_act")(x)
    return keras.Model({"degraded": degraded, "mask": mask}, decoder(x, width, precision), name="sft")
