"""What inpainting and interpolation alone ask for on the command line."""

from __future__ import annotations

import dataclasses
import pathlib

from dlnet_tf.options import EvalOptions, RestoreOptions, TrainOptions


@dataclasses.dataclass(frozen=True)
class InpaintingChoice:
    """Which experiment, and what is done with it.

    Attributes:
        mode: "eval", "train", "restore" or "export".
        task: "inpaint" or "interp".
        arch: which network.
        extra_layers: where a deeper autoencoder has more convolutions.
        weights: images that the shipped models were trained on; None for CelebA.
    """

    mode: str
    task: str
    arch: str
    extra_layers: str
    weights: str | None


@dataclasses.dataclass(frozen=True)
class Variant:
    """What sets a training apart beside its method.

    Attributes:
        dataset: the images under `data_dir`; None for CelebA.
        holes: "square", "strokes" or "both".
        likelihood_weight: lambda of the naive likelihood; None for the paper's.
        boundary: whether a band about the hole weighs more.
        adversarial_weight: weight of an adversarial loss; None without one.
    """

    dataset: str | None = None
    holes: str = "square"
    likelihood_weight: float | None = None
    boundary: bool = False
    adversarial_weight: float | None = None


@dataclasses.dataclass(frozen=True)
class InpaintingTraining(Variant, TrainOptions):
    """How an inpainting or interpolation model is trained."""


@dataclasses.dataclass(frozen=True)
class InpaintingComparison(Variant, EvalOptions):
    """What inpainting and interpolation models are compared at.

    Attributes:
        weights: images that the shipped models were trained on.
        seed: seed of the masks.
        corruptions: masks for each image.
        images: only so many test images; None for all.
        composite: True and False for one kind of output, None for both.
        mask: one mask image in the place of the protocol's.
        mask_white: what white means in it, "fill" or "observed".
        save_corruptions: `.npz` file for the masks.
        load_corruptions: `.npz` file with the masks, in the place of those that the seed draws.
        curve: whether DL-Nets are measured at several K too.
    """

    weights: str | None = None
    seed: int = 0
    corruptions: int = 10
    images: int | None = None
    composite: bool | None = None
    mask: pathlib.Path | None = None
    mask_white: str = "fill"
    save_corruptions: pathlib.Path | None = None
    load_corruptions: str | None = None
    curve: bool = False

    @property
    def corruption_flags(self) -> list[str]:
        """Which of the flags that name a file of stored masks are given."""
        files = {"save_corruptions": self.save_corruptions, "load_corruptions": self.load_corruptions}
        return [name for name, file in files.items() if file]


@dataclasses.dataclass(frozen=True)
class Filling(RestoreOptions):
    """Which pixels are filled, and of what photographs.

    Attributes:
        composite: whether known pixels are kept; None for yes.
        mask: mask image, or a folder of them.
        mask_white: what white means in it, "fill" or "observed".
        grow: pixels by which what is filled is made larger on every side.
    """

    composite: bool | None = None
    mask: pathlib.Path | None = None
    mask_white: str = "fill"
    grow: int = 0
