"""Canny edges of clean images: what EdgeConnect takes beside the degraded image."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dlnet_tf.tensors import Tensor

SIGMA = 2.0


def canny_edges(images: np.ndarray) -> np.ndarray:
    """Find the edges of the grey images, after a Gaussian blur of standard deviation 2.

    Args:
        images: clean, [B, H, W, 3], uint8 or floating in [0, 1].

    Returns:
        [B, H, W, 1] float32: 1 on an edge, 0 elsewhere.

    Raises:
        ValueError: the images have another shape or dtype.
    """
    # Heavy to import, and EdgeConnect alone needs them.
    from skimage.color import rgb2gray
    from skimage.feature import canny

    eight_bit = images.dtype == np.uint8
    if images.ndim != 4 or images.shape[3] != 3 or not (eight_bit or np.issubdtype(images.dtype, np.floating)):
        raise ValueError(f"found {images.dtype} {list(images.shape)}, expected uint8 or floating images [B, H, W, 3]")
    # The thresholds of `canny` are for [0, 1] and rgb2gray keeps floats as they are.
    grey = rgb2gray(images / 255.0 if eight_bit else images.astype(np.float64))
    edges = np.zeros((*images.shape[:3], 1), np.float32)
    for index, image in enumerate(grey):
        edges[index, :, :, 0] = canny(image, sigma=SIGMA)
    return edges


def edges_of_batch(clean: Tensor) -> tf.Tensor:
    """Find the edges of `canny_edges` in a `tf.data` pipeline.

    Args:
        clean: x, [B, H, W, 3] tensor, uint8 or floating in [0, 1].

    Returns:
        [B, H, W, 1] float32, with as much of the shape as is known of x.
    """
    clean = tf.convert_to_tensor(clean)
    edges = tf.numpy_function(canny_edges, [clean], tf.float32, stateful=False)
    return tf.ensure_shape(edges, (*clean.shape[:3], 1))
