"""VDSR: Kim, Lee, Lee, "Accurate Image Super-Resolution Using Very Deep Convolutional Networks", CVPR'16."""

from __future__ import annotations

import keras
from keras import layers

from dlnet_tf.backbones.convolution import convolution
from dlnet_tf.backbones.upscaling_head import upscaling_head
from dlnet_tf.tensors import Tensor

HIDDEN_LAYERS = 19


def vdsr(scale: int = 3, precision: str = "float32", width: int = 64) -> keras.Model:
    """Build VDSR for one magnification, working at low resolution: 683,841 parameters.

    The original refines a bicubic upscaling. Here, as in arXiv:1904.09105v4, 19 hidden layers see the degraded
    image itself and a transposed convolution comes last, so that each scale needs a network of its own.

    Args:
        scale: magnification, 2, 3 or 4.
        precision: Keras dtype policy of the layers before z; z and the layers after it are float32.
        width: number of channels; 64 in the paper.

    Returns:
        A functional model {"degraded": [B, h, w, 1] in [0, 1]} -> [B, scale h, scale w, 1]. Layer `z` is the
        last hidden convolution before its activation.
    """
    degraded = keras.Input((None, None, 1), name="degraded")

    def conv(x: Tensor, name: str, policy: str) -> Tensor:
        return convolution(width, 3, policy, name)(x)

    x = degraded
    for index in range(1, HIDDEN_LAYERS):
        x = conv(x, f"conv{index}", precision)
        x = layers.ReLU(dtype=precision, name=f"conv{index}_act")(x)
    x = conv(x, "z", "float32")
    x = layers.ReLU(dtype="float32", name="z_act")(x)
    return keras.Model({"degraded": degraded}, upscaling_head(x, degraded, scale), name="vdsr")
