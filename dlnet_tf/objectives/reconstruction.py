"""The reconstruction loss."""

from __future__ import annotations

from keras import ops

from dlnet_tf.tensors import Tensor


def reconstruction(restored: Tensor, clean: Tensor) -> Tensor:
    """Return half the squared error of every sample, summed over its pixels.

    The paper prints a mean (Eq. 6, arXiv:1904.09105v4); its experiments were run with this sum.

    Args:
        restored: [B, H, W, C].
        clean: [B, H, W, C].

    Returns:
        [B].
    """
    return 0.5 * ops.sum(ops.square(restored - clean), axis=(1, 2, 3))
