"""Clips: each folder of image files is one, its frames in the order of their names, and each shot of a video file."""

from __future__ import annotations

import dataclasses
import itertools
import os
import pathlib

import numpy as np

from dlnet_tf.colour import luminance
from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.folder import SUFFIXES, in_order, list_files
from dlnet_tf.imagefiles.images import read_image
from dlnet_tf.imagefiles.shots import read_shots
from dlnet_tf.imagefiles.video_files import SUFFIXES as VIDEO_SUFFIXES


@dataclasses.dataclass(frozen=True)
class Clip:
    """Consecutive frames of one shot.

    Attributes:
        name: name of the folder or file, below the folder that was asked for.
        frames: uint8 luminance [T, H, W].
    """

    name: str
    frames: np.ndarray


def read_clips(folder: str | os.PathLike[str], least: int = 1) -> list[Clip]:
    """Read a folder of clips, or one clip.

    Args:
        folder: holds image files, folders of them, or video files, whose shots are clips.
        least: frames that a clip must have; shorter shots of video files are left out.

    Returns:
        Clips sorted by name, at least one, those of video files last.

    Raises:
        UsageError: there are none, a frame cannot be read or is of another size than the first, or a clip is too short.
    """
    folder = pathlib.Path(folder)
    videos, images = (list_files(folder, suffixes) for suffixes in (VIDEO_SUFFIXES, SUFFIXES))
    clips = [
        Clip(
            parent.relative_to(folder).as_posix() if parent != folder else folder.name,
            _read(parent, in_order(list(found)), least),
        )
        for parent, found in itertools.groupby(sorted(images, key=lambda path: path.parent), lambda path: path.parent)
    ]
    for path in videos:
        name = path.relative_to(folder).with_suffix("").as_posix()
        shots = [shot for shot in read_shots(path) if len(shot) >= least]
        clips += [Clip(f"{name}-{number}" if len(shots) > 1 else name, shot) for number, shot in enumerate(shots, 1)]
    if not clips:
        raise UsageError(f"{folder}: found no clips, expected folders of image files, or video files")
    return clips


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
