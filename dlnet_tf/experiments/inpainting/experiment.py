"""Inpainting and interpolation of 64 x 64 images with one network: its models."""

from __future__ import annotations

import dataclasses

import keras

from dlnet_tf.backbones import BACKBONES
from dlnet_tf.degradations import Masking
from dlnet_tf.experiments.experiment import Experiment
from dlnet_tf.networks import NETWORKS
from dlnet_tf.tasks import TASKS


@dataclasses.dataclass(frozen=True)
class Inpainting(Experiment):
    """One row of networks: an architecture for one task, trained on one kind of images by each method.

    Attributes:
        task: "inpaint" (holes) or "interp" (scattered pixels).
        weights: what the networks were trained on, as in the names of their checkpoints: "celeba", "scenes", ...
        arch: one of `networks.of_task` of the task.
        extra_layers: where a deeper autoencoder has its four further convolutions: "none", "front", "back" or "both".
    """

    task: str
    weights: str = "celeba"
    arch: str = "autoencoder"
    extra_layers: str = "none"
    flags_of_kind = "--arch and --extra_layers"

    @property
    def title(self) -> str:
        """The task, what it was trained on and, if it is not the plain autoencoder, the architecture."""
        parts = [self.task, self.weights]
        if self.arch != "autoencoder":
            parts.append(self.arch)
        if self.extra_layers != "none":
            parts.append(f"deeper_{self.extra_layers}")
        return "_".join(parts)

    @property
    def damage(self) -> str:
        """What is missing of the images, "holes" or "pixels"."""
        return TASKS[self.task].damage

    @property
    def degradation(self) -> Masking:
        """W of Eq. 1."""
        return Masking()

    def network(self) -> keras.Model:
        """Build the backbone with random weights."""
        if self.extra_layers != "none":
            return BACKBONES[self.arch](extra=self.extra_layers)
        return BACKBONES[self.arch]()

    @property
    def kind(self) -> str:
        """The architecture."""
        return self.arch if self.extra_layers == "none" else f"{self.arch}_{self.extra_layers}"

    @property
    def takes_edges(self) -> bool:
        """Whether the network is told the true edges, which are unknown in a hole of a photograph."""
        return NETWORKS[self.arch].edges

    def describe(self, network: keras.Model) -> str:
        """Name the architecture of a backbone."""
        return network.name

    def training_command(self, method: str) -> str:
        """Return the command that trains the model of a method."""
        command = f"python run_inpaint.py --mode train --task {self.task} --method {method}"
        if self.weights in ("scenes", "sun397"):
            command += " --dataset sun397"
        elif self.weights != "celeba":
            command += " --dataset folder"
        if self.arch != "autoencoder":
            command += f" --arch {self.arch}"
        return command + (f" --extra_layers {self.extra_layers}" if self.extra_layers != "none" else "")
