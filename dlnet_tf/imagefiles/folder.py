"""Folders of image files: what is in them, and all of it in memory as uint8."""

from __future__ import annotations

import collections
import logging
import os
import pathlib
import re
from collections.abc import Callable, Set

import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.images import read_image

_log = logging.getLogger(__name__)

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
MAX_BROKEN_SHARE = 0.01


def list_files(folder: pathlib.Path, suffixes: Set[str]) -> list[pathlib.Path]:
    """List the files of a folder and of the folders in it that have one of some suffixes, without hidden ones.

    Args:
        folder: the folder.
        suffixes: in small letters, with their dots.

    Returns:
        Paths, ordered by name so that an index means the same file everywhere.

    Raises:
        UsageError: the folder is missing, is not a folder or cannot be read.
    """
    paths = []

    def refuse(error: OSError) -> None:
        raise UsageError(f"{error.filename}: cannot be read as a folder ({error.strerror})")

    for root, folders, names in os.walk(folder, onerror=refuse, followlinks=False):
        # "._x.jpg" beside "x.jpg" is what macOS leaves on foreign disks: no image.
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [
            pathlib.Path(root, name)
            for name in names
            if not name.startswith(".") and pathlib.Path(name).suffix.lower() in suffixes
        ]
    return sorted(paths, key=lambda path: path.relative_to(folder).as_posix())


def list_images(folder: str | os.PathLike[str]) -> list[pathlib.Path]:
    """List the image files of a folder, at least one; as `list_files`, and raises UsageError where there is none."""
    paths = list_files(pathlib.Path(folder), SUFFIXES)
    if not paths:
        raise UsageError(f"{folder}: found no image files, expected some of {', '.join(sorted(SUFFIXES))}")
    return paths


def in_order(paths: list[pathlib.Path]) -> list[pathlib.Path]:
    """Sort files by name, the numbers in it as numbers: frame 10 comes after frame 9."""

    def key(path: pathlib.Path) -> list[tuple[int, int | str]]:
        parts = re.split(r"(\d+)", path.name)
        return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts if part]

    return sorted(paths, key=key)


def count_others(folder: str | os.PathLike[str]) -> collections.Counter[str]:
    """Count the files that `list_images` leaves out, by their suffix, but for hidden ones."""
    found: collections.Counter[str] = collections.Counter()
    for _, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        suffixes = (pathlib.Path(name).suffix.lower() for name in names if not name.startswith("."))
        found.update(suffix for suffix in suffixes if suffix not in SUFFIXES)
    return found


def load_images(
    folder: str | os.PathLike[str], prepare: Callable[[np.ndarray], np.ndarray] = lambda image: image
) -> list[tuple[str, np.ndarray]]:
    """Read all images of a folder; a broken file is named in the log, skipped and counted.

    Args:
        folder: the folder, searched with `list_images`.
        prepare: applied to every uint8 [H, W] or [H, W, 3] image as soon as it is read, so that only what it
            returns is held.

    Returns:
        (path below the folder without suffix, prepared image), in the order of `list_images`.

    Raises:
        UsageError: as `list_images`; or more than 1 % of the files are broken.
    """
    paths = list_images(folder)
    images = []
    for path in paths:
        try:
            image = read_image(path)
        except UsageError as error:
            _log.warning("skipped %s", error)
            continue
        images.append((path.relative_to(folder).with_suffix("").as_posix(), prepare(image)))
    broken = len(paths) - len(images)
    if broken > MAX_BROKEN_SHARE * len(paths):
        raise UsageError(
            f"{folder}: {broken} of {len(paths)} image files are broken (named above), "
            f"expected at most {MAX_BROKEN_SHARE:.0%}"
        )
    if broken:
        _log.warning("%s: skipped %d broken of %d image files", folder, broken, len(paths))
    return images
