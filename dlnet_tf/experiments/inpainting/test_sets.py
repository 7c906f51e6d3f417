"""What inpainting and interpolation models are tested on: images, whose models, and masks."""

from __future__ import annotations

import dataclasses
import pathlib

import numpy as np

from dlnet_tf.data.datasets import DATASETS, has_dataset, load_dataset
from dlnet_tf.data.sample_crops import load_face
from dlnet_tf.errors import UsageError
from dlnet_tf.evaluation import corruptions
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.experiments.inpainting.options import InpaintingComparison
from dlnet_tf.imagefiles.masks import read_mask


@dataclasses.dataclass(frozen=True)
class TestSet:
    """Images, and the experiment whose models are tested on them.

    Attributes:
        name: as in the report.
        images: uint8 [N, 64, 64, 3].
        experiment: task, architecture and what its models were trained on.
    """

    name: str
    images: np.ndarray
    experiment: Inpainting


def check_flags(experiment: Inpainting, options: InpaintingComparison) -> None:
    """Refuse combinations of flags that mean nothing in an evaluation.

    Raises:
        UsageError: names the flag.
    """
    irregular = options.holes != "square"
    if irregular and (options.mask or experiment.damage != "holes"):
        raise UsageError(f"--holes={options.holes}: expected --task=inpaint and no --mask")
    for name in options.corruption_flags:
        if options.mask or irregular:
            raise UsageError(f"--{name}: expected the masks of the protocol, no --mask and no --holes={options.holes}")
    if options.save_corruptions and options.load_corruptions:
        raise UsageError("--save_corruptions: found with --load_corruptions, expected one of them")
    if options.mask_white != "fill" and not options.mask:
        raise UsageError(f"--mask_white={options.mask_white}: expected only with --mask")
    if options.test_sets and options.dataset:
        raise UsageError("--test_sets: found with --dataset, expected only one of them")
    if options.boundary and experiment.damage != "holes":
        raise UsageError("--boundary: expected --task=inpaint")
    of_training = {
        "likelihood_weight": options.likelihood_weight,
        "boundary": options.boundary,
        "adversarial_weight": options.adversarial_weight,
    }
    for name, given in of_training.items():
        # They say how a model was trained, which those that ship were not.
        if given and not options.checkpoint:
            raise UsageError(f"--{name}: expected --checkpoint, with a model that was trained with this flag")


def test_sets(experiment: Inpainting, options: InpaintingComparison) -> list[TestSet]:
    """Find what --test_sets or --dataset name: CelebA where it is there, by default, else the sample photographs.

    Args:
        experiment: its models' training images are settled here.
        options: which of them.

    Raises:
        UsageError: a set is missing or broken.
    """
    data_dir = pathlib.Path(options.data_dir)
    names = options.test_sets or ([options.dataset] if options.dataset else None)
    if names is None:
        found = options.data_dir_given or has_dataset("celeba", data_dir)
        names = ["celeba" if found else "samples"]
    sets = []
    for name in names:
        if name == "samples":
            sets += _samples(experiment, options)
            continue
        splits = load_dataset(name, data_dir) if name in DATASETS else load_dataset("folder", data_dir / name)
        # On the images of one kind the models of that kind, if nothing else is asked for.
        usual = splits.name if options.checkpoint or splits.name == "celeba" else "scenes"
        trained = dataclasses.replace(experiment, weights=options.weights or usual)
        sets.append(TestSet(splits.name, splits.test, trained))
    return sets


def _samples(experiment: Inpainting, options: InpaintingComparison) -> list[TestSet]:
    """Return a face for the models of faces and crops of photographs for those of scenes, where such models ship."""
    scenes, faces = (dataclasses.replace(experiment, weights=name) for name in ("scenes", "celeba"))
    sets = [TestSet("one face", load_face(), faces), TestSet("samples", load_dataset("samples", "").test, scenes)]
    if options.weights or options.checkpoint:
        wanted = options.weights or "celeba"
        return [test_set for test_set in sets if test_set.experiment.weights == wanted]
    # If no model ships, the error names the command that trains one.
    return [test_set for test_set in sets if test_set.experiment.shipped()] or sets[:1]


def masks(experiment: Inpainting, images: int, options: InpaintingComparison) -> dict[str, np.ndarray]:
    """Return the masks of each level that the flags ask for, uint8 [N R, 64, 64, 1], those of one image together.

    Args:
        experiment: its task.
        images: number of images N.
        options: which masks.

    Raises:
        UsageError: a file of masks cannot be read, or is of another task or number of images.
    """
    if options.load_corruptions:
        return corruptions.load_corruptions(pathlib.Path(options.load_corruptions), experiment.task, images)
    if options.mask:
        mask, notes = read_mask(options.mask, (corruptions.SIZE, corruptions.SIZE), options.mask_white)
        for note in notes:
            print(note)
        return {options.mask.stem: np.repeat(mask[None].astype(np.uint8), images, axis=0)}
    strokes = [corruptions.STROKES] if options.holes != "square" else []
    levels = strokes if options.holes == "strokes" else [*corruptions.LEVELS[experiment.task], *strokes]
    return {
        level: corruptions.draw(experiment.task, level, images, options.corruptions, options.seed) for level in levels
    }
