"""The image sets of inpainting and interpolation, found by their published layouts and cached at 64 x 64."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Callable

import numpy as np

from dlnet_tf.data.archives import ARCHIVE_SUFFIXES, ArchiveSource
from dlnet_tf.data.array_files import ArraySource
from dlnet_tf.data.cache import Cache
from dlnet_tf.data.cache_building import Recipe
from dlnet_tf.data.cache_files import cache_folder
from dlnet_tf.data.sample_crops import load_crops
from dlnet_tf.data.sources import FolderSource, Source
from dlnet_tf.data.splitting import (
    BY_FOLDER,
    BY_FOLDER_OR_HASH,
    BY_HASH,
    FIRST_FILES,
    SPLITS,
    SplitRule,
    partition_rule,
)
from dlnet_tf.data.tfds import PreparedSource, is_installed
from dlnet_tf.data.thumbnails import Shrink, crop, squeeze
from dlnet_tf.errors import UsageError

PARTITION = "list_eval_partition.txt"
# What is looked for under the data folder, in this order.
LAYOUTS = {
    "celeba": "img_align_celeba/, celeba64/, celeba.npz or celeb_a/ of TensorFlow Datasets",
    "sun397": "SUN397/, scenes64/, sun397.npz or sun397/ of TensorFlow Datasets",
}
DATASETS = (*LAYOUTS, "folder", "samples")


@dataclasses.dataclass(frozen=True)
class Splits:
    """The images of a set.

    Attributes:
        name: "celeba", "scenes", "sun397", "samples" or the folder's name.
        train: uint8 [N, 64, 64, 3], mapped from a file and read-only; None where there are none.
        validation: as `train`.
        test: as `train`, at least one image.
        description: which files and how many images, in one line.
    """

    name: str
    train: np.ndarray | None
    validation: np.ndarray | None
    test: np.ndarray
    description: str


@dataclasses.dataclass(frozen=True)
class _Found:
    """A layout that is there, of which nothing but the names of files was read."""

    name: str
    key: str
    source: Callable[[], Source]
    rule: Callable[[], SplitRule]
    shrink: Shrink


def _subset(name: str, folder: pathlib.Path, shrink: Shrink) -> _Found | None:
    """Find `train.tar.gz` and `valtest.tar.gz`, or what is in them as folders."""
    archives = [folder / "train.tar.gz", folder / "valtest.tar.gz"]
    packed = [path for path in archives if path.is_file()]
    if packed:
        return _Found(name, folder.name, lambda: ArchiveSource(packed), lambda: BY_FOLDER, shrink)
    if folder.is_dir():
        return _Found(name, folder.name, lambda: FolderSource(folder), lambda: BY_FOLDER, shrink)
    return None


def _prepared(name: str, tfds_name: str, data_dir: pathlib.Path, shrink: Shrink) -> _Found | None:
    if not ((data_dir / tfds_name).is_dir() and is_installed()):
        return None
    return _Found(name, f"tfds-{tfds_name}", lambda: PreparedSource(tfds_name, data_dir), lambda: BY_FOLDER, shrink)


def _celeba(data_dir: pathlib.Path) -> _Found | None:
    aligned = data_dir / "img_align_celeba"
    if aligned.is_dir():
        folders = (data_dir, aligned, data_dir / "Eval")
        partition = next((folder / PARTITION for folder in folders if (folder / PARTITION).is_file()), None)
        rule = (lambda: FIRST_FILES) if partition is None else (lambda: partition_rule(partition))
        return _Found("celeba", aligned.name, lambda: FolderSource(aligned), rule, squeeze)
    if found := _subset("celeba", data_dir / "celeba64", squeeze):
        return found
    array = data_dir / "celeba.npz"
    if array.is_file():
        return _Found("celeba", array.name, lambda: ArraySource(array), lambda: FIRST_FILES, squeeze)
    return _prepared("celeba", "celeb_a", data_dir, squeeze)


def _sun397(data_dir: pathlib.Path) -> _Found | None:
    folder, array = data_dir / "SUN397", data_dir / "sun397.npz"
    if folder.is_dir():
        return _Found("sun397", folder.name, lambda: FolderSource(folder), lambda: BY_HASH, crop)
    if found := _subset("scenes", data_dir / "scenes64", crop):
        return found
    if array.is_file():
        return _Found("sun397", array.name, lambda: ArraySource(array), lambda: BY_HASH, crop)
    return _prepared("sun397", "sun397", data_dir, crop)


def _folder(path: pathlib.Path) -> _Found | None:
    name = path.resolve().name
    if path.is_dir():
        return _Found(name, f"folder-{name}", lambda: FolderSource(path), lambda: BY_FOLDER_OR_HASH, crop)
    if not path.is_file():
        return None
    for suffix in ARCHIVE_SUFFIXES:
        if name.lower().endswith(suffix):
            stem = name[: -len(suffix)]
            return _Found(stem, name, lambda: ArchiveSource([path]), lambda: BY_FOLDER_OR_HASH, crop)
    if path.suffix.lower() == ".npz":
        return _Found(path.stem, name, lambda: ArraySource(path), lambda: BY_HASH, crop)
    raise UsageError(f"{path}: found a file, expected a folder of images, .npz or {', '.join(ARCHIVE_SUFFIXES)}")


_FIND = {"celeba": _celeba, "sun397": _sun397, "folder": _folder}


def has_dataset(dataset: str, data_dir: str | os.PathLike[str]) -> bool:
    """Tell whether one of the layouts of a set is under the data folder; "samples" always are."""
    return dataset == "samples" or _FIND[dataset](pathlib.Path(data_dir)) is not None


def load_dataset(
    dataset: str, data_dir: str | os.PathLike[str], cache_dir: str | os.PathLike[str] | None = None
) -> Splits:
    """Find a set under the data folder and map its images at 64 x 64, from a cache that is built at the first call.

    CelebA is resized straight to 64 x 64 with Pillow's bicubic filter; of others the central square is averaged over
    areas (Pillow's box filter). Images of that size are kept as they are.

    Args:
        dataset: "celeba", "sun397" (which takes `scenes64`, too), "folder" or "samples".
        data_dir: the folder that holds the set; for "folder" the images themselves, or one .npz file or tar archive.
        cache_dir: where the cache lies; by default `.cache64` in the data folder, or in the user's cache folder
            where that is not writable.

    Returns:
        The images, sorted by name within each split.

    Raises:
        UsageError: no layout of the set is there, or it is broken, or the cache cannot be written.
    """
    data_dir = pathlib.Path(data_dir)
    if dataset == "samples":
        crops = load_crops()
        return Splits("samples", None, None, crops, f"{len(crops)} crops of the photographs of scikit-image for test")
    if dataset not in _FIND:
        raise UsageError(f"dataset: found {dataset}, expected {', '.join(DATASETS)}")
    found = _FIND[dataset](data_dir)
    if found is None:
        raise UsageError(f"{data_dir}: found no {dataset}, expected {LAYOUTS.get(dataset, 'images in it')}")
    rule = found.rule()
    recipe = Recipe(found.key, found.source(), rule, found.shrink)
    images = Cache(pathlib.Path(cache_dir) if cache_dir else cache_folder(data_dir), recipe).splits()
    counts = {split: len(images[split]) for split in SPLITS}
    if not counts["test"]:
        raise UsageError(f"{recipe.source.place}: found no test images ({rule.words}), expected at least one")
    numbers = ", ".join(f"{count:,} {split}" for split, count in counts.items())
    return Splits(
        found.name,
        images["train"] if counts["train"] else None,
        images["validation"] if counts["validation"] else None,
        images["test"],
        f"{found.key}: {numbers} images of 64 x 64 ({rule.words})",
    )
