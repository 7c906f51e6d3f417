"""Clips from folders of frames."""

import cv2
import numpy as np
import pytest

from dlnet_tf.colour import luminance
from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.clips import in_order, read_clips
from tests import stand_in


def write(folder, frames, suffix=".png"):
    folder.mkdir(parents=True)
    for index, frame in enumerate(frames):
        assert cv2.imwrite(str(folder / f"frame{index + 8}{suffix}"), frame[..., ::-1] if frame.ndim == 3 else frame)


def moving(length=4, side=32):
    """Frames of a window that moves by a pixel each."""
    base = stand_in.photograph(1, side + length, side, colour=False)
    return [base[t : t + side] for t in range(length)]


def test_each_folder_is_a_clip_and_frames_follow_their_numbers(tmp_path):
    first = [stand_in.photograph(index, 12, 16) for index in range(4)]  # frame8 .. frame11
    second = [stand_in.photograph(index, 10, 10, colour=False) for index in range(3)]
    write(tmp_path / "b" / "wide", first)
    write(tmp_path / "a", second)
    clips = read_clips(tmp_path, least=3)
    assert [clip.name for clip in clips] == ["a", "b/wide"]
    np.testing.assert_array_equal(clips[0].frames, second)
    np.testing.assert_array_equal(clips[1].frames, [luminance(frame) for frame in first])


def test_a_folder_of_frames_is_one_clip(tmp_path):
    write(tmp_path / "walk", [stand_in.photograph(1, 12, 16)])
    (clip,) = read_clips(tmp_path / "walk")
    assert clip.name == "walk" and clip.frames.shape == (1, 12, 16)


def test_numbers_in_names_are_numbers(tmp_path):
    names = ["f10.png", "f9.png", "f2_11.png", "f2_2.png", "g1.png"]
    found = [path.name for path in in_order([tmp_path / name for name in names])]
    assert found == ["f2_2.png", "f2_11.png", "f9.png", "f10.png", "g1.png"]


def test_what_is_no_clip_is_refused_by_name(tmp_path):
    write(tmp_path / "a", [stand_in.photograph(1, 12, 16), stand_in.photograph(1, 12, 18)])
    with pytest.raises(UsageError, match=r"frame9.png: found 18 x 12 pixels, expected 16 x 12, the size of the first"):
        read_clips(tmp_path)
    with pytest.raises(UsageError, match=r"a: found 2 frames, expected a clip of at least 3"):
        read_clips(tmp_path, least=3)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="found no image files"):
        read_clips(tmp_path / "empty")
