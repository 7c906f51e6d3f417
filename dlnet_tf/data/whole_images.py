"""Random whole images of a set that lies on disk, as a pure function of a seed."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dlnet_tf.errors import UsageError
from dlnet_tf.tensors import Tensor


class WholeImages:
    """Images drawn with replacement, half of them mirrored left to right, which the paper does not do.

    Args:
        images: uint8 [N, H, W, 3], best mapped from a file: only what a batch takes is read.

    Raises:
        UsageError: there are none.
        ValueError: they have another shape or dtype.
    """

    def __init__(self, images: np.ndarray) -> None:
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:
            raise ValueError(f"found {images.dtype} {list(images.shape)}, expected uint8 images [N, H, W, 3]")
        if not len(images):
            raise UsageError("training images: found none, expected at least one")
        self._images = images

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._images)

    def sample(self, seed: Tensor, batch_size: int) -> tf.Tensor:
        """Draw a batch of images.

        Args:
            seed: int32 [2]; equal seeds give equal batches.
            batch_size: number of images.

        Returns:
            float32 [batch_size, H, W, 3] in [0, 1].
        """
        index_seed, mirror_seed = tf.unstack(tf.random.split(seed, 2, alg="philox"))
        index = tf.random.stateless_uniform((batch_size,), index_seed, 0, len(self), tf.int64, alg="philox")
        mirrored = tf.random.stateless_uniform((batch_size, 1, 1, 1), mirror_seed, alg="philox") < 0.5
        pixels = tf.numpy_function(self._gather, [index], tf.uint8, stateful=False)
        pixels.set_shape((batch_size, *self._images.shape[1:]))
        return tf.cast(tf.where(mirrored, pixels[:, :, ::-1], pixels), tf.float32) / 255.0

    def _gather(self, index: np.ndarray) -> np.ndarray:
        return np.asarray(self._images[index])
