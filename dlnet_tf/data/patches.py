"""Random patches of images that are held in memory, as a pure function of (seed, step, example)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from dlnet_tf.data.integers import below
from dlnet_tf.errors import UsageError
from dlnet_tf.resize import imresize
from dlnet_tf.tensors import Tensor

RESCALINGS = (1.0, 0.9, 0.8, 0.7, 0.6)
# Largest size of the pixels for training; to make a `PatchSampler` takes three times as much for a moment.
MAX_BYTES = 4 * 2**30


def affordable(images: Sequence[np.ndarray]) -> Sequence[float]:
    """Return `RESCALINGS` if the images at all these sizes fit into `MAX_BYTES`, else 1 alone."""
    pixels = sum(image.size for image in images)
    return RESCALINGS if pixels * sum(factor**2 for factor in RESCALINGS) <= MAX_BYTES else (1.0,)


def rescaled(images: Sequence[np.ndarray], factors: Sequence[float] = RESCALINGS) -> list[np.ndarray]:
    """Return every image at every size, rounded to uint8.

    Args:
        images: uint8 [H, W] each.
        factors: magnifications in (0, 1].

    Returns:
        uint8 [ceil(H f), ceil(W f)] for every image and factor f.
    """
    sizes = []
    for image in images:
        for factor in factors:
            small = image if factor == 1.0 else np.rint(np.clip(imresize(image, factor), 0, 255)).astype(np.uint8)
            sizes.append(small)
    return sizes


class PatchSampler:
    """Square patches at random places of random images, flipped and rotated at random.

    The images lie behind one another in one uint8 tensor; a batch is one gather from it, with the flips and
    rotations done in the indices.

    Args:
        images: uint8 [H, W] each; those smaller than a patch are left out.
        patch_size: side of a patch in pixels.

    Raises:
        UsageError: no image is as large as a patch.
    """

    def __init__(self, images: Sequence[np.ndarray], patch_size: int) -> None:
        kept = [image for image in images if min(image.shape) >= patch_size]
        if not kept:
            raise UsageError(f"training images: none is as large as a patch of {patch_size} x {patch_size} pixels")
        self.patch_size = patch_size
        self.pixels = tf.constant(np.concatenate([image.ravel() for image in kept]))
        shapes = np.array([image.shape for image in kept], np.int64)
        self.heights, self.widths = tf.constant(shapes[:, 0]), tf.constant(shapes[:, 1])
        sizes = shapes[:, 0] * shapes[:, 1]
        self.starts = tf.constant(np.cumsum(sizes) - sizes)

    def __len__(self) -> int:
        """Return the number of images that patches are taken from."""
        return int(self.starts.shape[0])

    def sample(self, seed: Tensor, batch_size: int) -> tf.Tensor:
        """Draw a batch of patches.

        Args:
            seed: int32 [2]; equal seeds give equal batches.
            batch_size: number of patches.

        Returns:
            float32 [batch_size, patch_size, patch_size, 1] in [0, 1].
        """
        draw = tf.random.stateless_uniform((6, batch_size), seed, alg="philox")

        image = below(draw[0], tf.cast(len(self), tf.int64))
        width = tf.gather(self.widths, image)
        top = below(draw[1], tf.gather(self.heights, image) - self.patch_size + 1)
        left = below(draw[2], width - self.patch_size + 1)

        last = self.patch_size - 1
        row, column = tf.meshgrid(*2 * [tf.range(self.patch_size, dtype=tf.int64)], indexing="ij")
        flip_rows, flip_columns, transpose = (draw[i][:, None, None] < 0.5 for i in (3, 4, 5))
        row, column = tf.where(transpose, column, row), tf.where(transpose, row, column)
        row = tf.where(flip_rows, last - row, row)
        column = tf.where(flip_columns, last - column, column)

        corner = tf.gather(self.starts, image) + top * width + left
        index = corner[:, None, None] + row * width[:, None, None] + column
        return tf.cast(tf.gather(self.pixels, index), tf.float32)[..., None] / 255.0
