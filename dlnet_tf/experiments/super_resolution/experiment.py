"""Super-resolution at one magnification with one network: its methods and models."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import keras

from dlnet_tf.backbones import BACKBONES
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.experiments.experiment import Experiment

# The blur widths u at which models are compared.
LEVELS = (0.0, 1.3, 2.6)


@dataclasses.dataclass(frozen=True)
class Method:
    """How a network of one method is trained (arXiv:1904.09105v4, Section IV-D).

    Attributes:
        blur_widths: range of u in training.
        patch: side of a degraded patch.
        batch: patches a step; the paper does not say.
        fine_tuned: whether training starts from the reference network.
    """

    blur_widths: tuple[float, float]
    patch: int
    batch: int
    fine_tuned: bool


_MULTI_LEVEL = Method(blur_widths=(0.0, 3.0), patch=40, batch=8, fine_tuned=True)
METHODS = {
    "reference": Method(blur_widths=(0.0, 0.0), patch=17, batch=32, fine_tuned=False),
    "joint": _MULTI_LEVEL,
    "dlnet": _MULTI_LEVEL,
    "dlnet_gradient": _MULTI_LEVEL,
}


@dataclasses.dataclass(frozen=True)
class SuperResolution(Experiment):
    """One row of networks: a backbone at a magnification, trained by each method.

    Attributes:
        backbone: key of `BACKBONES`.
        scale: magnification t.
    """

    backbone: str
    scale: int

    @property
    def title(self) -> str:
        """The backbone and the scale."""
        return f"{self.backbone}_x{self.scale}"

    @property
    def methods(self) -> Iterable[str]:
        """The keys of `METHODS`."""
        return METHODS

    @property
    def degradation(self) -> BlurDownsample:
        """W of Eq. 1."""
        return BlurDownsample(self.scale)

    def network(self) -> keras.Model:
        """Build the backbone with random weights."""
        return BACKBONES[self.backbone](scale=self.scale)

    @property
    def kind(self) -> str:
        """Architecture and scale."""
        return f"{self.backbone} x{self.scale}"

    def describe(self, network: keras.Model) -> str:
        """Say of which architecture and scale a backbone is."""
        scale = getattr(next((part for part in network.layers if part.name == "bicubic"), None), "scale", None)
        return f"{network.name} x{scale}" if scale else network.name

    def training_command(self, method: str) -> str:
        """Return the command that trains the model of a method."""
        return f"python run_sisr.py --mode train --backbone {self.backbone} --scale {self.scale} --method {method}"
