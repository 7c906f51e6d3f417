"""Sets of clips: folders of frames under the data folder, or windows that move over the sample photographs."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence

from dlnet_tf.colour import luminance
from dlnet_tf.data.moving_crop import moving_crop
from dlnet_tf.data.samples import load_samples
from dlnet_tf.data.test_sets import SAMPLES
from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.clips import Clip, read_clips

VID4 = "Vid4"
_SEQUENCES = {"calendar", "city", "foliage", "walk"}
# What a set of training clips and one of test clips lie in, if they lie together.
TOGETHER = "vsr"
# The clips made of sample photographs: frames, side of the window, and by how many pixels it moves from a frame to the
# next. Not all moves are even, so that the neighbours show what the middle frame does not.
LENGTH, SIDE = 7, 192
_MOVES = {"astronaut": (1, 3), "coffee": (-3, 2), "motorcycle": (1, -5)}


def root(data_dir: str | os.PathLike[str]) -> pathlib.Path:
    """Return the folder of the clips: `vsr` in the data folder, or that folder itself."""
    folder = pathlib.Path(data_dir)
    return folder / TOGETHER if (folder / TOGETHER).is_dir() else folder


def sample_clips() -> list[Clip]:
    """Make clips of the sample photographs: windows that move at a constant speed."""
    photographs = dict(load_samples())
    return [Clip(name, moving_crop(luminance(photographs[name]), LENGTH, SIDE, step)) for name, step in _MOVES.items()]


def find_clip_sets(
    data_dir: str | os.PathLike[str], names: Sequence[str] | None = None, required: bool = False
) -> dict[str, list[Clip]]:
    """Read the sets of test clips.

    Args:
        data_dir: the data folder.
        names: folders in it, in this order, or samples; None takes Vid4, else the folder `test`, else the samples. A
            folder of Vid4's four sequences goes by that name.
        required: whether one of these folders must be there where no names are given.

    Returns:
        Clips of at least three frames by the name of their set.

    Raises:
        UsageError: a set is missing or broken.
    """
    folder = root(data_dir)
    if names is None:
        names = [name for name in (VID4, "test") if (folder / name).is_dir()][:1] or [SAMPLES]
        if required and names == [SAMPLES]:
            raise UsageError(f"{folder}: found no folder {VID4} or test of clips, expected one, or --test_sets")
    found = {}
    for name in names:
        if (folder / name).is_dir():
            clips = read_clips(folder / name, least=3)
            found[VID4 if {clip.name for clip in clips} == _SEQUENCES else name] = clips
        elif name == SAMPLES:
            found[SAMPLES] = sample_clips()
        else:
            raise UsageError(f"{folder}: found no folder {name}, expected one of clips, each a folder of frames")
    return found
