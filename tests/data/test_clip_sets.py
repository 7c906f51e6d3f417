"""Where test clips come from."""

import numpy as np
import pytest

from dlnet_tf.data.clip_sets import find_clip_sets, sample_clips
from dlnet_tf.errors import UsageError
from tests import stand_in
from tests.imagefiles.test_clips import write


def clips(folder, *names):
    for name in names:
        write(folder / name, [stand_in.photograph(t, 12, 16) for t in range(3)])


def test_vid4_is_known_by_its_sequences(tmp_path):
    clips(tmp_path / "vsr" / "test", "calendar", "city", "foliage", "walk")
    (found,) = find_clip_sets(tmp_path).items()
    assert found[0] == "Vid4" and [clip.name for clip in found[1]] == ["calendar", "city", "foliage", "walk"]
    assert list(find_clip_sets(tmp_path / "vsr", required=True)) == ["Vid4"]


def test_other_sets_go_by_their_folder(tmp_path):
    clips(tmp_path / "test", "a", "b")
    clips(tmp_path / "mine", "c")
    assert list(find_clip_sets(tmp_path)) == ["test"]
    assert list(find_clip_sets(tmp_path, ["mine", "samples"])) == ["mine", "samples"]


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(UsageError, match="found no folder mine, expected one of clips"):
        find_clip_sets(tmp_path, ["mine"])
    with pytest.raises(UsageError, match="found no folder Vid4 or test of clips"):
        find_clip_sets(tmp_path, required=True)


def test_samples_move_by_parts_of_a_degraded_pixel(tmp_path):
    (found,) = find_clip_sets(tmp_path).values()
    assert [clip.name for clip in found] == [clip.name for clip in sample_clips()]
    for clip in found:
        assert clip.frames.shape == (7, 192, 192) and clip.frames.dtype == np.uint8
        assert np.any(clip.frames[0] != clip.frames[1])
