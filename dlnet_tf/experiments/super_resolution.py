"""Super-resolution at one magnification with one network: its methods, models and checkpoints."""

from __future__ import annotations

import dataclasses
import pathlib

import keras

from dlnet_tf import models
from dlnet_tf.backbones import BACKBONES
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate

CHECKPOINTS = pathlib.Path(__file__).resolve().parents[2] / "checkpoints"


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
class SuperResolution:
    """One row of networks: a backbone at a magnification, trained by each method.

    Attributes:
        backbone: key of `BACKBONES`.
        scale: magnification t.
    """

    backbone: str
    scale: int

    @property
    def degradation(self) -> BlurDownsample:
        """W of Eq. 1."""
        return BlurDownsample(self.scale)

    def name(self, method: str) -> str:
        """Return what the model of a method is called, as in its checkpoint."""
        return f"{self.backbone}_x{self.scale}_{method}"

    def checkpoint(self, method: str) -> pathlib.Path:
        """Return where the shipped checkpoint of a method lies, if there is one."""
        return CHECKPOINTS / f"{self.name(method)}.keras"

    def training_command(self, method: str) -> str:
        """Return the command that trains the model of a method."""
        return f"python run_sisr.py --mode train --backbone {self.backbone} --scale {self.scale} --method {method}"

    def load(self, path: pathlib.Path) -> keras.Model:
        """Load a checkpoint of this backbone and scale.

        Raises:
            UsageError: it cannot be loaded, or is of another backbone or scale.
        """
        model = models.load(path)
        network = models.backbone_of(model)
        scale = getattr(next((part for part in network.layers if part.name == "bicubic"), None), "scale", None)
        found = f"{network.name} x{scale}" if scale else network.name
        if found != f"{self.backbone} x{self.scale}":
            raise UsageError(f"{path}: found a checkpoint of {found}, expected {self.backbone} x{self.scale}")
        return model

    def load_shipped(self, method: str) -> keras.Model:
        """Load the shipped checkpoint of a method.

        Raises:
            UsageError: there is none; the message names the command that trains it.
        """
        path = self.checkpoint(method)
        if not path.is_file():
            raise UsageError(
                f"--method={method}: found no {path.name} in {path.parent.name}/; train it with "
                f"{self.training_command(method)}"
            )
        return self.load(path)

    def build(self, method: str, network: keras.Model | None, num_steps: int, step_size: float) -> keras.Model:
        """Build the model that a method trains.

        Args:
            method: key of `METHODS`.
            network: backbone to start from; None for random weights.
            num_steps: K of a DL-Net.
            step_size: gamma of the Adam rule.

        Returns:
            A backbone, or a DL-Net around it.
        """
        network = network or BACKBONES[self.backbone](scale=self.scale)
        if method == "dlnet":
            return DLNet(network, self.degradation, num_steps, AdamUpdate(step_size), name=self.name(method))
        if method == "dlnet_gradient":
            return DLNet(network, self.degradation, num_steps, GradientUpdate(), name=self.name(method))
        return network
