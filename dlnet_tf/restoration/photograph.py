"""Super-resolution of a photograph: the network sees its luminance, the colours are upscaled bicubically."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlnet_tf.colour import rgb_to_ycbcr, ycbcr_to_rgb
from dlnet_tf.resize import imresize
from dlnet_tf.restoration.restorer import Restorer


def super_resolve(restorer: Restorer, image: np.ndarray, scale: int, **parameters: Any) -> np.ndarray:
    """Enlarge a photograph.

    Args:
        restorer: a super-resolution model of this scale.
        image: uint8 [h, w] or [h, w, 3] RGB.
        scale: magnification of the model.
        **parameters: of the degradation, without batch axis: `blur_width` or `kernel` [k, k].

    Returns:
        uint8 [scale h, scale w] or the same with 3.
    """
    batch = {name: np.asarray(value, np.float32)[None] for name, value in parameters.items()}
    colours = None if image.ndim == 2 else rgb_to_ycbcr(image)
    y = image.astype(np.float64) if colours is None else colours[..., 0]
    degraded = (y / 255.0).astype(np.float32)[None, :, :, None]
    restored = 255.0 * restorer(degraded, **batch)[0, :, :, 0].astype(np.float64)
    if colours is not None:
        chroma = imresize(colours[..., 1:], scale)
        restored = ycbcr_to_rgb(np.concatenate([restored[..., None], chroma], axis=-1))
    return np.rint(np.clip(restored, 0, 255)).astype(np.uint8)
