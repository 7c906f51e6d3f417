"""IDN: Hui, Wang, Gao, "Fast and Accurate Single Image Super-Resolution via Information Distillation", CVPR'18."""

from __future__ import annotations

import keras
from keras import layers

from dlnet_tf.backbones.convolution import convolution
from dlnet_tf.backbones.grouped_conv import GroupedConv2D
from dlnet_tf.backbones.upscaling_head import upscaling_head
from dlnet_tf.tensors import Tensor

SLOPE = 0.05
# First row and column that is kept of the "valid" transposed convolution.
CROPS = {"published": lambda scale: 9 - scale, "same": lambda scale: (17 - scale) // 2}


def _block(x: Tensor, width: int, index: int, policy: str) -> Tensor:
    """One distillation block: an enhancement unit (six 3x3 convolutions) without its compressing 1x1."""
    quarter, half, three = width // 4, width // 2, 3 * width // 4

    def conv(x: Tensor, filters: int, position: int, groups: int = 1) -> Tensor:
        name = f"block{index}_conv{position}"
        if groups > 1:
            x = GroupedConv2D(filters, 3, groups, dtype=policy, name=name)(x)
        else:
            x = convolution(filters, 3, policy, name)(x)
        return layers.LeakyReLU(SLOPE, dtype=policy, name=f"{name}_act")(x)

    deep = conv(conv(conv(x, three, 1), half, 2, groups=4), width, 3)
    kept, passed = deep[..., :quarter], deep[..., quarter:]
    deep = conv(conv(conv(passed, width, 4), three, 5, groups=4), width + quarter, 6)
    skip = layers.Concatenate(dtype=policy, name=f"block{index}_skip")([x, kept])
    return layers.Add(dtype=policy, name=f"block{index}_add")([skip, deep])


def idn(scale: int = 3, precision: str = "float32", width: int = 64, alignment: str = "published") -> keras.Model:
    """Build the IDN for one magnification: 552,769 parameters at the published width.

    Args:
        scale: magnification, 2, 3 or 4.
        precision: Keras dtype policy of the layers before z; z and the layers after it are float32.
        width: number of channels, a multiple of 16; 64 in the paper.
        alignment: where the transposed convolution is cropped: "published" as for the weights of the authors, or "same"
            as TensorFlow's padding does. They differ by a pixel except at scale 2.

    Returns:
        A functional model {"degraded": [B, h, w, 1] in [0, 1]} -> [B, scale h, scale w, 1]. Layer `z` is the fourth
        block's 1x1 convolution before its activation.
    """
    degraded = keras.Input((None, None, 1), name="degraded")
    x = degraded
    for index in (1, 2):
        x = convolution(width, 3, precision, f"features{index}")(x)
        x = layers.LeakyReLU(SLOPE, dtype=precision, name=f"features{index}_act")(x)
    for index in (1, 2, 3, 4):
        x = _block(x, width, index, precision)
        last = index == 4
        x = convolution(width, 1, "float32" if last else precision, "z" if last else f"block{index}_compress")(x)
        if not last:
            x = layers.LeakyReLU(SLOPE, dtype=precision, name=f"block{index}_compress_act")(x)
    x = layers.LeakyReLU(SLOPE, dtype="float32", name="z_act")(x)
    return keras.Model({"degraded": degraded}, upscaling_head(x, degraded, scale, CROPS[alignment](scale)), name="idn")
