"""Folders of frames as clips."""

import cv2
import numpy as np
import pytest

from dlnet_tf.colour import rgb_to_ycbcr, ycbcr_to_rgb
from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.frames import FrameFolder, FrameFolderWriter
from dlnet_tf.imagefiles.images import read_image
from dlnet_tf.imagefiles.metadata import Metadata
from dlnet_tf.imagefiles.photographs import read_photograph, write_photograph
from dlnet_tf.resize import imresize
from tests import stand_in
from tests.imagefiles.test_clips import write


def test_frames_go_through_by_their_numbers(tmp_path):
    pictures = [stand_in.photograph(t, 12, 16) for t in range(4)]  # frame8 .. frame11
    write(tmp_path / "in", pictures)
    reader = FrameFolder(tmp_path / "in")
    assert (reader.total, reader.size, reader.notes()) == (4, (12, 16), [])
    writer = FrameFolderWriter(tmp_path / "out", 2, overwrite=False)
    for frame, pixels in zip(reader.frames(), pictures, strict=True):
        np.testing.assert_allclose(255 * frame.luma, rgb_to_ycbcr(pixels)[..., 0], atol=1e-4)
        writer.write(frame, imresize(frame.luma, 2))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"frame{n}.png" for n in (10, 11, 8, 9)]
    expected = ycbcr_to_rgb(imresize(rgb_to_ycbcr(pictures[3]), 2))
    found = read_image(tmp_path / "out" / "frame11.png")
    np.testing.assert_allclose(found, np.clip(expected, 0, 255), atol=0.51)


def test_gray_frames_stay_gray(tmp_path):
    write(tmp_path / "in", [stand_in.photograph(1, 12, 16, colour=False)])
    (frame,) = FrameFolder(tmp_path / "in").frames()
    FrameFolderWriter(tmp_path / "out", 1, overwrite=False).write(frame, frame.luma)
    np.testing.assert_array_equal(read_image(tmp_path / "out" / "frame8.png"), stand_in.photograph(1, 12, 16, False))


def test_what_frames_hold_beside_their_colours_is_kept_or_told(tmp_path):
    (tmp_path / "in").mkdir()
    picture = stand_in.photograph(1, 12, 16)
    deep = np.dstack([picture, picture[..., 0]]).astype(np.uint16) * 257
    for name in ("a", "b"):
        write_photograph(tmp_path / "in" / f"{name}.png", deep, None, Metadata(dpi=(300.0, 300.0)))
    reader = FrameFolder(tmp_path / "in")
    writer = FrameFolderWriter(tmp_path / "out", 1, overwrite=False)
    for frame in reader.frames():
        writer.write(frame, frame.luma)
    assert reader.notes() == [
        f"{tmp_path}/in: transparency is left out (in 2 frames)",
        f"{tmp_path}/in: found 16 bits a channel, written in 8 (in 2 frames)",
    ]
    found = read_photograph(tmp_path / "out" / "b.png")
    assert found.metadata.dpi == pytest.approx((300, 300), abs=0.1)
    assert found.pixels.dtype == np.uint8 and np.abs(found.pixels.astype(int) - picture).max() <= 1


def test_what_is_no_clip_is_refused(tmp_path):
    (tmp_path / "in").mkdir()
    with pytest.raises(UsageError, match="in: found no image files, expected the frames of a clip"):
        FrameFolder(tmp_path / "in")
    for name, side in (("a", 12), ("b", 14)):
        assert cv2.imwrite(str(tmp_path / "in" / f"{name}.png"), np.zeros((side, 12), np.uint8))
    with pytest.raises(UsageError, match=r"b.png: found 12 x 14 pixels, expected 12 x 12"):
        list(FrameFolder(tmp_path / "in").frames())
    with pytest.raises(UsageError, match="exists; give --overwrite to replace it"):
        FrameFolderWriter(tmp_path / "in", 2, overwrite=False)


def test_files_whose_results_would_have_one_name_are_refused(tmp_path):
    for name in ("f1.png", "f2.png", "f2.jpg"):
        assert cv2.imwrite(str(tmp_path / name), np.zeros((8, 8), np.uint8))
    with pytest.raises(UsageError, match="found 2 files called f2, expected one, as results are f2.png"):
        FrameFolder(tmp_path)
