"""Random patches of three consecutive frames, as a pure function of (seed, step, example)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from dlnet_tf.data.integers import below
from dlnet_tf.errors import UsageError
from dlnet_tf.tensors import Tensor

LENGTH = 3


class TripletSampler:
    """Square patches at random places of random clips: three frames, flipped, turned and run backwards at random.

    The clips lie behind one another in one uint8 tensor; a batch is one gather from it, with the flips and turns done
    in the indices. Each clip is as likely as any other, however long it is.

    Args:
        clips: uint8 [T, H, W] each; those of fewer than three frames or smaller than a patch are left out.
        patch_size: side of a patch in pixels.

    Raises:
        UsageError: no clip is long and large enough.
    """

    def __init__(self, clips: Sequence[np.ndarray], patch_size: int) -> None:
        kept = [clip for clip in clips if len(clip) >= LENGTH and min(clip.shape[1:]) >= patch_size]
        if not kept:
            raise UsageError(
                f"training clips: none has {LENGTH} frames as large as a patch of {patch_size} x {patch_size} pixels"
            )
        self.patch_size = patch_size
        self.pixels = tf.constant(np.concatenate([clip.ravel() for clip in kept]))
        shapes = np.array([clip.shape for clip in kept], np.int64)
        self.lengths, self.heights, self.widths = (tf.constant(column) for column in shapes.T)
        sizes = shapes.prod(axis=1)
        self.starts = tf.constant(np.cumsum(sizes) - sizes)

    def __len__(self) -> int:
        """Return the number of clips that patches are taken from."""
        return int(self.starts.shape[0])

    def sample(self, seed: Tensor, batch_size: int) -> tf.Tensor:
        """Draw a batch of patches.

        Args:
            seed: int32 [2]; equal seeds give equal batches.
            batch_size: number of patches.

        Returns:
            float32 [batch_size, patch_size, patch_size, 3] in [0, 1], the channels in the order of time.
        """
        draw = tf.random.stateless_uniform((8, batch_size), seed, alg="philox")

        clip = below(draw[0], tf.cast(len(self), tf.int64))
        height, width = tf.gather(self.heights, clip), tf.gather(self.widths, clip)
        top = below(draw[1], height - self.patch_size + 1)
        left = below(draw[2], width - self.patch_size + 1)
        first = below(draw[3], tf.gather(self.lengths, clip) - LENGTH + 1)

        def each(value: tf.Tensor) -> tf.Tensor:
            return value[:, None, None, None]

        side = tf.range(self.patch_size, dtype=tf.int64)
        row, column, frame = tf.meshgrid(side, side, tf.range(LENGTH, dtype=tf.int64), indexing="ij")
        flip_rows, flip_columns, transpose, backwards = (each(draw[i] < 0.5) for i in (4, 5, 6, 7))
        row, column = tf.where(transpose, column, row), tf.where(transpose, row, column)
        row = tf.where(flip_rows, self.patch_size - 1 - row, row)
        column = tf.where(flip_columns, self.patch_size - 1 - column, column)
        frame = tf.where(backwards, LENGTH - 1 - frame, frame)

        frame, row, column = each(first) + frame, each(top) + row, each(left) + column
        index = each(tf.gather(self.starts, clip)) + (frame * each(height) + row) * each(width) + column
        return tf.cast(tf.gather(self.pixels, index), tf.float32) / 255.0


def take_apart(inputs: Mapping[str, Tensor], clean: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Make the inputs and the target of a video network of three frames that were degraded alike.

    Args:
        inputs: those of a batch; `degraded` [B, h, w, 3], the channels in the order of time.
        clean: [B, H, W, 3].

    Returns:
        (inputs with `degraded` [B, h, w, 1], the middle frame, and `neighbours` [B, h, w, 2], the ones before and after
        it; the clean middle frame [B, H, W, 1]).
    """
    frames = inputs["degraded"]
    neighbours = tf.gather(frames, [0, 2], axis=-1)
    return {**inputs, "degraded": frames[..., 1:2], "neighbours": neighbours}, clean[..., 1:2]
