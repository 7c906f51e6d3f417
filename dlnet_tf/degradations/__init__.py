"""Linear operators of Eq. (1), y = (W x)|t + eps, with their own parameters an image; noise; samplers."""

from dlnet_tf.degradations.blur_downsample import BlurDownsample
from dlnet_tf.degradations.blurred_resize import gaussian_taps
from dlnet_tf.degradations.degradation import Degradation, LinearOperator
from dlnet_tf.degradations.masking import Masking
from dlnet_tf.degradations.noise import add_noise, fidelity_weight
from dlnet_tf.degradations.parameter import Parameter
from dlnet_tf.degradations.registry import REGISTRY
from dlnet_tf.degradations.samplers import (
    pixel_masks,
    sample_blur_width,
    sample_levels_by_quota,
    sample_pixel_masks,
    sample_rates,
    sample_sides,
    sample_square_masks,
    square_masks,
)
from dlnet_tf.degradations.strokes import sample_stroke_masks

__all__ = [
    "REGISTRY",
    "BlurDownsample",
    "Degradation",
    "LinearOperator",
    "Masking",
    "Parameter",
    "add_noise",
    "fidelity_weight",
    "gaussian_taps",
    "pixel_masks",
    "sample_blur_width",
    "sample_levels_by_quota",
    "sample_pixel_masks",
    "sample_rates",
    "sample_sides",
    "sample_square_masks",
    "sample_stroke_masks",
    "square_masks",
]
