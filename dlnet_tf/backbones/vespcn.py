"""VESPCN: Caballero et al., "Real-Time Video Super-Resolution with Spatio-Temporal Networks and Motion Compensation".

CVPR 2017, arXiv:1611.05250.
"""

from __future__ import annotations

import keras
from keras import layers

from dlnet_tf.backbones.convolution import convolution
from dlnet_tf.backbones.motion import NEIGHBOURS, motion_compensation
from dlnet_tf.backbones.upscaling_head import upscaling_head
from dlnet_tf.tensors import Tensor

# With the sub-pixel layer behind them the nine of the published "9L-E3".
HIDDEN_LAYERS = 8


def vespcn(scale: int = 2, precision: str = "float32", width: int = 24) -> keras.Model:
    """Build the VESPCN of three frames and early fusion for one magnification: 91,385 parameters at scale 2.

    Published: the two stages of the spatial transformer, layer by layer, with tanh at their ends; bilinear warping;
    nine 3x3 layers that see the three frames at once; ReLU; the sub-pixel layer. Settled here: a flow of 1 is 16
    degraded pixels, not half of the image, so that frames of every size move alike; zeros stand below and to the right
    of a frame whose sides four does not divide; the bicubic image of the middle frame is added, as in the other
    networks; the sub-pixel layer is written as the transposed convolution that it is, with one bias for all phases.

    The middle frame is an input of its own, because the degraded answer is compared with it alone. The neighbours are
    two channels of one image, so that all that works on images works on them.

    Args:
        scale: magnification, 2, 3 or 4.
        precision: Keras dtype policy of the layers before z; z and the layers after it are float32.
        width: number of channels; 24 in the paper.

    Returns:
        A functional model {"degraded": [B, h, w, 1], the middle frame in [0, 1], "neighbours": [B, h, w, 2], the frame
        before it and the one after it} -> [B, scale h, scale w, 1]. Layer `z` is the last hidden convolution before its
        activation.
    """
    degraded = keras.Input((None, None, 1), name="degraded")
    neighbours = keras.Input((None, None, 2), name="neighbours")
    align = motion_compensation(width, precision)
    before, after = (align(name, degraded, neighbours[..., index : index + 1]) for index, name in enumerate(NEIGHBOURS))
    x: Tensor = layers.Concatenate(dtype=precision, name="fusion")([before, degraded, after])
    for index in range(1, HIDDEN_LAYERS):
        x = convolution(width, 3, precision, f"conv{index}")(x)
        x = layers.ReLU(dtype=precision, name=f"conv{index}_act")(x)
    x = convolution(width, 3, "float32", "z")(x)
    x = layers.ReLU(dtype="float32", name="z_act")(x)
    restored = upscaling_head(x, degraded, scale, kernel_size=3 * scale)
    return keras.Model({"degraded": degraded, "neighbours": neighbours}, restored, name="vespcn")
