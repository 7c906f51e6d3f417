"""Every degradation: what is listed here, the property suite tests with examples of each of its parameters."""

from __future__ import annotations

from dlnet_tf.degradations.blur_downsample import BlurDownsample
from dlnet_tf.degradations.degradation import Degradation
from dlnet_tf.degradations.masking import Masking

REGISTRY: dict[str, Degradation] = {
    "masking": Masking(),
    **{f"blur_downsample_x{scale}": BlurDownsample(scale) for scale in (1, 2, 3, 4)},
}
