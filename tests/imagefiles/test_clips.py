"""Clips from folders of frames."""

import cv2
import numpy as np
import pytest

from dlnet_tf.colour import luminance
from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles import shots
from dlnet_tf.imagefiles.clips import read_clips
from dlnet_tf.imagefiles.folder import in_order
from tests import stand_in
from tests.video_files import write_video


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
    with pytest.raises(UsageError, match="found no clips, expected folders of image files, or video files"):
        read_clips(tmp_path / "empty")


def test_each_shot_of_a_video_file_is_a_clip(tmp_path, monkeypatch):
    pytest.importorskip("av")
    monkeypatch.setattr(shots, "LONGEST", 5)
    first = [stand_in.photograph(1, 64, 64)[t : t + 48, :48] for t in range(7)]
    second = [255 - stand_in.photograph(2, 64, 64)[t : t + 48, :48] // 4 for t in range(3)]
    # Two frames are too few for a clip.
    third = [stand_in.photograph(3, 64, 64)[t : t + 48, :48] // 4 for t in range(2)]
    (tmp_path / "films").mkdir()
    write_video(tmp_path / "films" / "two.mp4", [*first, *second, *third])
    write_video(tmp_path / "films" / "one.mp4", first[:4])
    write(tmp_path / "walk", [frame[..., 0] for frame in first])
    clips = read_clips(tmp_path, least=3)
    assert [clip.name for clip in clips] == ["walk", "films/one", "films/two-1", "films/two-2"]
    assert [len(clip.frames) for clip in clips] == [7, 4, 5, 3]
    for clip, frames in zip(clips[1:], (first[:4], first[:5], second), strict=True):
        assert clip.frames.dtype == np.uint8
        # What compression leaves.
        assert np.abs(clip.frames - np.stack([luminance(frame) for frame in frames]).astype(float)).mean() < 3
