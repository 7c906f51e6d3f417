"""Clips as folders of frames: each folder of image files is one clip, its frames in the order of their names."""

from __future__ import annotations

import dataclasses
import itertools
import os
import pathlib
import re

import numpy as np

from dlnet_tf.colour import luminance
from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.folder import list_images
from dlnet_tf.imagefiles.images import read_image


@dataclasses.dataclass(frozen=True)
class Clip:
    """Consecutive frames of one shot.

    Attributes:
        name: name of the folder, below the one that was asked for.
        frames: uint8 luminance [T, H, W].
    """

    name: str
    frames: np.ndarray


def in_order(paths: list[pathlib.Path]) -> list[pathlib.Path]:
    """Sort files by name, the numbers in it as numbers: frame 10 comes after frame 9."""

    def key(path: pathlib.Path) -> list[tuple[int, int | str]]:
        parts = re.split(r"(\d+)", path.name)
        return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts if part]

    return sorted(paths, key=key)


def read_clips(folder: str | os.PathLike[str], least: int = 1) -> list[Clip]:
    """Read a folder of clips, or one clip.

    Args:
        folder: holds image files, or folders of them.
        least: frames that a clip must have.

    Returns:
        Clips sorted by name, at least one.

    Raises:
        UsageError: there are none, a frame cannot be read or is of another size than the first, or a clip is too short.
    """
    folder = pathlib.Path(folder)
    paths = list_images(folder)
    return [
        Clip(
            parent.relative_to(folder).as_posix() if parent != folder else folder.name,
            _read(parent, in_order(list(found)), least),
        )
        for parent, found in itertools.groupby(sorted(paths, key=lambda path: path.parent), lambda path: path.parent)
    ]


def _read(folder: pathlib.Path, paths: list[pathlib.Path], least: int) -> np.ndarray:
    if len(paths) < least:
        raise UsageError(f"{folder}: found {len(paths)} frames, expected a clip of at least {least}")
    frames: list[np.ndarray] = []
    for path in paths:
        frame = luminance(read_image(path))
        if frames and frame.shape != frames[0].shape:
            height, width = frames[0].shape
            raise UsageError(
                f"{path}: found {frame.shape[1]} x {frame.shape[0]} pixels, expected {width} x {height}, the "
                "size of the first frame in this folder"
            )
        frames.append(frame)
    return np.stack(frames)
