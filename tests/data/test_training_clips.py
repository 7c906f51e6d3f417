"""Which clips are trained on and which are held out."""

import numpy as np
import pytest

from dlnet_tf.data.training_clips import training_clips
from dlnet_tf.errors import UsageError
from tests import stand_in
from tests.imagefiles.test_clips import write


def clips(folder, count, first=0):
    for index in range(first, first + count):
        base = stand_in.photograph(index, 40, 40)
        write(folder / f"clip{index}", [np.roll(base, t, axis=1) for t in range(4)])


def test_validation_clips_are_those_of_their_folder_or_every_tenth(tmp_path):
    clips(tmp_path / "train", 11)
    kept, held_out, words = training_clips(tmp_path)
    assert len(kept) == 9 and [clip.name for clip in held_out] == ["clip0", "clip9"]  # the first in order, and the 11th
    assert held_out[0].frames.shape == (3, 40, 40) and "9 clips" in words
    clips(tmp_path / "val", 1, first=20)
    kept, held_out, _ = training_clips(tmp_path)
    assert len(kept) == 11 and [clip.name for clip in held_out] == ["clip20"]


def test_a_single_clip_cannot_be_held_out(tmp_path):
    clips(tmp_path, 1)
    with pytest.raises(UsageError, match="found 1 clips, expected at least 2"):
        training_clips(tmp_path)
