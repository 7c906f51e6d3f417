"""Inpainting and interpolation of 64 x 64 images with one network: its methods and models."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import keras

from dlnet_tf.backbones import BACKBONES
from dlnet_tf.degradations import Masking
from dlnet_tf.experiments.experiment import Experiment

TASKS = ("inpaint", "interp")


@dataclasses.dataclass(frozen=True)
class Method:
    """How a network of one method is trained (arXiv:1904.09105v4, Section IV-A).

    Attributes:
        sides: smallest and largest side of the hole in pixels, for inpainting; None where the method is not meant for
            it.
        max_shift: of the hole off the centre in pixels, an axis at a time.
        rates: smallest and largest share of missing pixels, for interpolation; None as with `sides`.
        fine_tuned: whether training starts from the reference network.
    """

    sides: tuple[int, int] | None
    max_shift: int
    rates: tuple[float, float] | None
    fine_tuned: bool


_MULTI_LEVEL = Method(sides=(1, 30), max_shift=10, rates=(0.0, 0.75), fine_tuned=True)
METHODS = {
    "reference": Method(sides=(32, 32), max_shift=0, rates=(0.75, 0.75), fine_tuned=False),
    "centered": Method(sides=(20, 20), max_shift=0, rates=None, fine_tuned=False),
    "joint": _MULTI_LEVEL,
    "on_demand": _MULTI_LEVEL,
    "multitask": _MULTI_LEVEL,
    "naive_likelihood": _MULTI_LEVEL,
    "dlnet": _MULTI_LEVEL,
    "dlnet_gradient": _MULTI_LEVEL,
}


@dataclasses.dataclass(frozen=True)
class Inpainting(Experiment):
    """One row of networks: an architecture for one task, trained on one kind of images by each method.

    Attributes:
        task: "inpaint" (holes) or "interp" (scattered pixels).
        weights: what the networks were trained on, as in the names of their checkpoints: "celeba", "scenes", ...
        arch: "autoencoder", "sft" or "edgeconnect".
        extra_layers: where a deeper autoencoder has its four further convolutions: "none", "front", "back" or "both".
    """

    task: str
    weights: str = "celeba"
    arch: str = "autoencoder"
    extra_layers: str = "none"

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
    def methods(self) -> Iterable[str]:
        """The keys of `METHODS` that are meant for the task."""
        return [name for name, method in METHODS.items() if self.task == "inpaint" or method.rates]

    def level_range(self, method: Method) -> tuple[float, float]:
        """Return the smallest and largest level of a method: sides in pixels, or rates."""
        found = method.sides if self.task == "inpaint" else method.rates
        assert found is not None  # the task's methods only
        return found

    @property
    def degradation(self) -> Masking:
        """W of Eq. 1."""
        return Masking()

    @property
    def step_size(self) -> float:
        """Gamma of the Adam rule in the paper."""
        return 1e-2 if self.task == "interp" else 1e-3

    def network(self) -> keras.Model:
        """Build the backbone with random weights."""
        if self.extra_layers != "none":
            return BACKBONES[self.arch](extra=self.extra_layers)
        return BACKBONES[self.arch]()

    @property
    def kind(self) -> str:
        """The architecture."""
        return self.arch if self.extra_layers == "none" else f"{self.arch}_{self.extra_layers}"

    def describe(self, network: keras.Model) -> str:
        """Say of which architecture a backbone is."""
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
