"""The last layers of the super-resolution backbones: a learned residual on top of bicubic upscaling."""

from __future__ import annotations

import keras
from keras import layers

from dlnet_tf.backbones.bicubic import BicubicUpscale
from dlnet_tf.backbones.transposed_conv import SubpixelTransposedConv
from dlnet_tf.tensors import Tensor

KERNEL_SIZE = 17


def upscaling_head(
    features: Tensor, degraded: Tensor, scale: int, crop: int | None = None, kernel_size: int = KERNEL_SIZE
) -> Tensor:
    """Upscale features with a transposed convolution and add the bicubic image, in float32.

    Args:
        features: [B, h, w, C], activated.
        degraded: [B, h, w, 1].
        scale: magnification, 2, 3 or 4.
        crop: first row and column kept of the "valid" transposed convolution; by default the one that centres
            the kernel on the pixel, (kernel_size - scale) // 2.
        kernel_size: side of the kernel in restored pixels.

    Returns:
        [B, scale h, scale w, 1], the output of layer `restored`.
    """
    residual = SubpixelTransposedConv(
        1,
        kernel_size,
        scale,
        crop=(kernel_size - scale) // 2 if crop is None else crop,
        # Small, so that training starts not far from the bicubic image.
        kernel_initializer=keras.initializers.RandomNormal(stddev=1e-3),
        dtype="float32",
        name="upscale",
    )(features)
    skip = BicubicUpscale(scale, dtype="float32", name="bicubic")(degraded)
    return layers.Add(dtype="float32", name="restored")([residual, skip])
