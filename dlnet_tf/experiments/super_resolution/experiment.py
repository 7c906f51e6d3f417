"""Super-resolution at one magnification with one network: its models."""

from __future__ import annotations

import dataclasses
import pathlib

import keras

from dlnet_tf import keras_models, networks
from dlnet_tf.backbones import BACKBONES
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.experiments.experiment import Experiment
from dlnet_tf.likelihood.backbone_check import SIDE, output_size


@dataclasses.dataclass(frozen=True)
class SuperResolution(Experiment):
    """One row of networks: a backbone at a magnification, trained by each method.

    Attributes:
        backbone: a network for photographs or for clips.
        scale: magnification t.
    """

    backbone: str
    scale: int
    task: str = dataclasses.field(init=False)
    flags_of_kind = "--backbone and --scale"

    def __post_init__(self) -> None:
        object.__setattr__(self, "task", networks.task_of(self.backbone))

    @property
    def title(self) -> str:
        """The backbone and the scale."""
        return f"{self.backbone}_x{self.scale}"

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
        """Name the architecture and the scale of a backbone."""
        size = output_size(network, SIDE, SIDE)
        of_any_size = network.inputs[0].shape[1] is None
        return f"{network.name} x{size[0] // SIDE}" if of_any_size and size and size[0] else network.name

    def load_start(self, path: pathlib.Path) -> keras.Model:
        """Load the model that training starts from; of a network at another scale all layers but the last.

        Raises:
            UsageError: it cannot be loaded, or is of another network.
        """
        model = keras_models.load(path)
        found = keras_models.backbone_of(model)
        if found.name != self.backbone or self.describe(found) == self.kind:
            return self.checked(model, path)
        network = self.network()
        keras_models.transfer(found, network)
        return network

    def training_command(self, method: str) -> str:
        """Return the command that trains the model of a method."""
        return f"python run_sisr.py --mode train --backbone {self.backbone} --scale {self.scale} --method {method}"
