"""Every degradation with a draw of its parameters: what is listed here, the property suite tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from dlnet_tf.degradations.blur_downsample import BlurDownsample
from dlnet_tf.degradations.degradation import Degradation
from dlnet_tf.degradations.masking import Masking
from dlnet_tf.degradations.samplers import sample_blur_width


class Registered(NamedTuple):
    """A degradation and how to draw parameters of it.

    Attributes:
        degradation: the object under test.
        draw: (seed int32 [2], batch, (H, W)) -> parameters by name, float32, a pure function of the seed.
    """

    degradation: Degradation
    draw: Callable[[Any, int, tuple[int, int]], dict[str, tf.Tensor]]


def _masks(seed: Any, batch: int, size: tuple[int, int]) -> dict[str, tf.Tensor]:
    level = tf.random.stateless_uniform((batch, *size, 1), seed, alg="philox")
    return {"mask": tf.cast(level > 0.4, tf.float32)}


def _blur_widths(seed: Any, batch: int, size: tuple[int, int]) -> dict[str, tf.Tensor]:
    return {"blur_width": sample_blur_width(seed, batch)}


def _kernels(seed: Any, batch: int, size: tuple[int, int]) -> dict[str, tf.Tensor]:
    # Without any symmetry, so that a flipped or transposed kernel shows.
    kernel = tf.random.stateless_uniform((batch, 7, 7), seed, alg="philox")
    return {"kernel": kernel / tf.reduce_sum(kernel, axis=(1, 2), keepdims=True)}


REGISTRY: dict[str, Registered] = {"masking": Registered(Masking(), _masks)}
for _scale in (1, 2, 3, 4):
    REGISTRY[f"blur_width_x{_scale}"] = Registered(BlurDownsample(_scale), _blur_widths)
    REGISTRY[f"kernel_x{_scale}"] = Registered(BlurDownsample(_scale), _kernels)
