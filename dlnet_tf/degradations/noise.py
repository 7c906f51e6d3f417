"""White Gaussian noise eps of Eq. (1), and what knowing its level does to the fidelity (Eq. 2)."""

from __future__ import annotations

import tensorflow as tf
from keras import ops

from dlnet_tf.rounding import EIGHT_BITS
from dlnet_tf.tensors import Tensor


def add_noise(y: Tensor, sigma: Tensor, seed: Tensor) -> tf.Tensor:
    """Add white Gaussian noise, a level an image, as a pure function of the seed.

    Args:
        y: [B, h, w, C], floating.
        sigma: [B], standard deviation >= 0 on y's scale; 0 leaves an image as it is.
        seed: int32 [2].

    Returns:
        [B, h, w, C], dtype of y, not clipped.
    """
    y = tf.convert_to_tensor(y)
    noise = tf.random.stateless_normal(tf.shape(y), seed, dtype=y.dtype, alg="philox")
    return y + tf.cast(sigma, y.dtype)[:, None, None, None] * noise


def round_to_eight_bits(y: Tensor) -> Tensor:
    """Clip and round to the values that a file of 8 bits holds, [0, 1] in steps of 1/255; dtype of y."""
    return ops.round(ops.clip(y, 0.0, 1.0) * 255.0) / 255.0


def sample_noise(y: Tensor, seed: Tensor, largest: float) -> tuple[tf.Tensor, tf.Tensor]:
    """Observe a half of the images exactly, a quarter rounded to 8 bits, a quarter with sigma ~ U[0, largest).

    Args:
        y: [B, h, w, C], floating.
        seed: int32 [2].
        largest: standard deviation > 0 on y's scale.

    Returns:
        The observed images [B, h, w, C], dtype of y, and the sigma of each, [B] float32.
    """
    kinds, levels, white = tf.unstack(tf.random.split(seed, 3, alg="philox"))
    batch = (ops.shape(y)[0],)
    kind = tf.random.stateless_uniform(batch, kinds, alg="philox")
    level = largest * tf.random.stateless_uniform(batch, levels, alg="philox")
    rounded = (kind >= 0.5) & (kind < 0.75)
    sigma = tf.where(kind < 0.5, 0.0, level)
    observed = tf.where(rounded[:, None, None, None], round_to_eight_bits(y), add_noise(y, sigma, white))
    return observed, tf.where(rounded, EIGHT_BITS, sigma)


def fidelity_weight(sigma: Tensor, reference: float = 0.05) -> Tensor:
    """Weigh a noisy image's fidelity relative to a clean one's: 1 / (1 + (sigma / reference)^2).

    It is a Gaussian likelihood's 1 / (sigma^2 + reference^2), scaled to 1 at sigma = 0: `reference` stands
    for what the network leaves unexplained of a clean observation, and keeps the weight from jumping there.

    Args:
        sigma: [B], standard deviation of the noise >= 0, images in [0, 1].
        reference: the sigma at which an observation counts half, > 0.

    Returns:
        [B], in (0, 1].
    """
    return 1.0 / (1.0 + ops.square(sigma / reference))
