"""White Gaussian noise eps of Eq. (1), and what knowing its level does to the fidelity (Eq. 2)."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from keras import ops


def add_noise(y: Any, sigma: Any, seed: Any) -> tf.Tensor:
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


def fidelity_weight(sigma: Any, reference: float = 0.05) -> Any:
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
