"""The clips that a video model is trained on, and those held out for validation."""

from __future__ import annotations

import pathlib

import numpy as np

from dlnet_tf.data.clip_sets import root
from dlnet_tf.data.middle import middle
from dlnet_tf.data.triplets import LENGTH
from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.clips import Clip, read_clips

# Without a folder of validation clips every tenth one is held out.
HELD_OUT_EVERY = 10


def training_clips(data_dir: pathlib.Path) -> tuple[list[np.ndarray], list[Clip], str]:
    """Read the training clips and hold some out.

    Args:
        data_dir: holds the folders `train` and `val` of clips, or `vsr` that does; or clips themselves.

    Returns:
        (frames of each training clip, held-out clips of three frames, what was read in words).

    Raises:
        UsageError: no clips, broken ones, or none to hold out.
    """
    folder = root(data_dir)
    if (folder / "train").is_dir() and (folder / "val").is_dir():
        kept, held_out = read_clips(folder / "train", LENGTH), read_clips(folder / "val", LENGTH)
    else:
        clips = read_clips(folder / "train" if (folder / "train").is_dir() else folder, LENGTH)
        kept = [clip for index, clip in enumerate(clips) if index % HELD_OUT_EVERY]
        held_out = clips[::HELD_OUT_EVERY]
    if not kept:
        raise UsageError(f"{folder}: found {len(held_out)} clips, expected at least 2, one to hold out")
    words = f"{folder.name}: {len(kept)} clips, each at five sizes; {len(held_out)} clips held out"
    return [clip.frames for clip in kept], [_middle(clip) for clip in held_out], words


def _middle(clip: Clip) -> Clip:
    """Cut out the part of a held-out clip that validation sees."""
    first = (len(clip.frames) - LENGTH) // 2
    return Clip(clip.name, middle(clip.frames[first : first + LENGTH]))
