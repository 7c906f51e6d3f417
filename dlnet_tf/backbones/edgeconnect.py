"""EdgeConnect's image completion network without its adversary, as arXiv:1904.09105v4 compares with it.

Nazeri et al., "EdgeConnect: Generative Image Inpainting with Adversarial Edge Learning", ICCV Workshops 2019.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from dlnet_tf.tensors import Tensor

SIZE = 64
RESIDUAL_BLOCKS = 8


@keras.saving.register_keras_serializable("dlnet_tf")
class ReflectionPadding(layers.Layer):
    """Extend an image on all sides by its mirror image, the border pixel not repeated.

    Args:
        width: pixels on each side, less than the image has.
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width

    def call(self, inputs: Tensor) -> Tensor:
        """Map [B, h, w, C] to [B, h + 2 width, w + 2 width, C]."""
        side = (self.width, self.width)
        return ops.pad(inputs, ((0, 0), side, side, (0, 0)), mode="reflect")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return [B, h + 2 width, w + 2 width, C]."""
        batch, *size, channels = input_shape
        return (batch, *(None if n is None else n + 2 * self.width for n in size), channels)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"width": self.width}


def _normal() -> keras.initializers.Initializer:
    """The published initialisation of all convolutions."""
    return keras.initializers.RandomNormal(stddev=0.02)


def _conv(x: Tensor, filters: int, size: int, name: str, precision: str, dilation: int = 1) -> Tensor:
    """A convolution with reflected borders; no bias, which the normalisation after it would take away again."""
    x = ReflectionPadding(dilation * (size // 2), dtype=precision, name=f"{name}_pad")(x)
    return layers.Conv2D(
        filters,
        size,
        dilation_rate=dilation,
        use_bias=False,
        kernel_initializer=_normal(),
        dtype=precision,
        name=name,
        data_format="channels_last",
    )(x)


def _resized(kind: type[layers.Layer], x: Tensor, filters: int, name: str, precision: str) -> Tensor:
    """A 4 x 4 convolution of stride 2, transposed or not."""
    return kind(
        filters,
        4,
        strides=2,
        padding="same",
        use_bias=False,
        kernel_initializer=_normal(),
        dtype=precision,
        data_format="channels_last",
        name=name,
    )(x)


def _instance_norm(x: Tensor, name: str, precision: str) -> Tensor:
    """Give every channel of every image mean 0 and variance 1."""
    norm = layers.GroupNormalization(-1, epsilon=1e-5, center=False, scale=False, dtype=precision, name=name)
    return norm(x)


def _activated(x: Tensor, name: str, precision: str) -> Tensor:
    return layers.ReLU(dtype=precision, name=f"{name}_act")(_instance_norm(x, f"{name}_norm", precision))


def edgeconnect(precision: str = "float32", width: int = 64) -> keras.Model:
    """Build the network for 64 x 64 colour images and their edges: 10,769,859 parameters at the published width.

    Three convolutions to a quarter of the size, eight residual blocks whose first convolutions are dilated by 2, two
    transposed convolutions and a last 7 x 7 one; instance normalisation without parameters after all but the last.

    The output is linear where the original has (tanh + 1) / 2: at black and white pixels tanh is flat, so that an
    update of z could hardly mend them.

    Args:
        precision: Keras dtype policy of the layers before z; z and the layers after it are float32.
        width: channels at full size, doubled twice on the way to the residual blocks; 64 in the paper.

    Returns:
        A functional model {"degraded": [B, 64, 64, 3] in [0, 1], missing pixels 0, "edges": [B, 64, 64, 1], 1 = edge of
        the clean image} -> [B, 64, 64, 3]. Layer `z` is the last normalisation before its activation,
        [B, 64, 64, width], so that h is one convolution: 1.3 % of the network's multiplications.
    """
    degraded = keras.Input((SIZE, SIZE, 3), name="degraded")
    edges = keras.Input((SIZE, SIZE, 1), name="edges")
    x = layers.Concatenate(dtype=precision, name="join")([degraded, edges])
    x = _activated(_conv(x, width, 7, "enc1", precision), "enc1", precision)
    for name, filters in (("enc2", 2 * width), ("enc3", 4 * width)):
        x = _activated(_resized(layers.Conv2D, x, filters, name, precision), name, precision)
    for index in range(1, RESIDUAL_BLOCKS + 1):
        name = f"block{index}"
        y = _conv(x, 4 * width, 3, f"{name}_conv1", precision, dilation=2)
        y = _activated(y, f"{name}_conv1", precision)
        y = _conv(y, 4 * width, 3, f"{name}_conv2", precision)
        y = _instance_norm(y, f"{name}_conv2_norm", precision)
        x = layers.Add(dtype=precision, name=name)([x, y])
    x = _activated(_resized(layers.Conv2DTranspose, x, 2 * width, "dec1", precision), "dec1", precision)
    x = _resized(layers.Conv2DTranspose, x, width, "dec2", precision)
    x = _instance_norm(x, "z", "float32")
    x = layers.ReLU(dtype="float32", name="z_act")(x)
    x = ReflectionPadding(3, dtype="float32", name="out_pad")(x)
    # The bias starts at mid-grey, as (tanh + 1) / 2 does.
    restored = layers.Conv2D(
        3,
        7,
        kernel_initializer=_normal(),
        bias_initializer=keras.initializers.Constant(0.5),
        dtype="float32",
        name="out",
        data_format="channels_last",
    )(x)
    return keras.Model({"degraded": degraded, "edges": edges}, restored, name="edgeconnect")
