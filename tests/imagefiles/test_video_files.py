"""Video files through the reader and the writer."""

import numpy as np
import pytest

from dlnet_tf.colour import rgb_to_ycbcr
from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles import video_files
from dlnet_tf.imagefiles.video_files import VideoReader, is_video_file
from dlnet_tf.imagefiles.video_writer import VideoWriter, check_video_target
from tests.video_files import picture, read_video, write_video


@pytest.fixture
def av():
    return pytest.importorskip("av")


def enlarged(source, target, scale=2):
    """Copies a clip, each pixel of luminance `scale` times; returns the notes."""
    reader = VideoReader(source)
    writer = VideoWriter(target, reader, scale)
    for frame in reader.frames(writer.copy):
        writer.write(frame, frame.luma.repeat(scale, axis=0).repeat(scale, axis=1))
    writer.close()
    return reader.notes()


def colours_of(frame):
    return frame.to_ndarray(format="rgb24").astype(float)


@pytest.mark.parametrize(("layout", "full_range"), [("yuv420p", False), ("yuv420p", True), ("yuv444p", False)])
def test_time_stamps_sound_and_colours_stay(av, tmp_path, layout, full_range):
    source, target = tmp_path / "a.mp4", tmp_path / "b.mp4"
    times = [0, 40, 90, 200, 240, 310, 320, 400]
    write_video(source, [picture(t) for t in range(8)], times, layout, audio=True, full_range=full_range)
    assert enlarged(source, target) == []
    (before, sound), (after, same_sound) = read_video(source), read_video(target)
    assert [round(1000 * frame.time) for frame in after] == times
    assert same_sound == sound and len(sound) > 10
    for name in ("color_range", "colorspace", "color_primaries", "color_trc"):
        assert getattr(after[0], name) == getattr(before[0], name), name
    assert after[0].color_range == (2 if full_range else 1)
    assert (after[0].width, after[0].height) == (128, 72)
    for one, other in zip(before, after, strict=True):
        assert np.abs(colours_of(one) - colours_of(other)[::2, ::2]).mean() < 4


def test_luminance_is_that_of_photographs(av, tmp_path):
    # Lossless, and of BT.601 as OpenCV's and MATLAB's: what swscale makes of RGB without being told.
    write_video(tmp_path / "a.mkv", [picture(t) for t in range(3)], layout="yuv444p", codec="ffv1")
    found = list(VideoReader(tmp_path / "a.mkv").frames())
    for t, frame in enumerate(found):
        assert frame.luma.dtype == np.float32
        np.testing.assert_allclose(255 * frame.luma, rgb_to_ycbcr(picture(t))[..., 0], atol=1.6)


@pytest.mark.parametrize("degrees", [90, 180, -90])
def test_a_clip_that_is_turned_is_written_upright(av, tmp_path, degrees):
    write_video(tmp_path / "a.mp4", [picture(t) for t in range(3)], turned=degrees)
    (note,) = enlarged(tmp_path / "a.mp4", tmp_path / "b.mp4")
    assert "the result is upright" in note
    (frames, _), (turned, _) = read_video(tmp_path / "a.mp4"), read_video(tmp_path / "b.mp4")
    assert turned[0].rotation == 0
    expected = np.rot90(colours_of(frames[1]), degrees // 90)
    assert np.abs(colours_of(turned[1])[::2, ::2] - expected).mean() < 4


def test_odd_sides_and_ten_bits(av, tmp_path):
    source = tmp_path / "a.mkv"
    write_video(source, [picture(t, 35, 63) for t in range(3)], codec="ffv1")
    assert enlarged(source, tmp_path / "b.mp4") == []
    assert (read_video(tmp_path / "b.mp4")[0][0].width, VideoReader(source).size) == (126, (35, 63))
    with pytest.raises(UsageError, match="found 189 x 105 pixels, expected even sides"):
        check_video_target(tmp_path / "b.mp4", (35, 63), 3)
    write_video(source, [picture(t) for t in range(3)], layout="yuv420p10le", codec="ffv1")
    (note,) = enlarged(source, tmp_path / "b.mp4")
    assert note == f"{source}: found 10 bits a channel, written in 8"


def test_what_cannot_be_read_or_written_is_said_in_one_line(av, tmp_path):
    source = tmp_path / "a.mp4"
    write_video(source, [picture(t) for t in range(12)], audio=True)
    with pytest.raises(UsageError, match=r"--output: a .webm file cannot hold this video or its audio"):
        VideoWriter(tmp_path / "x.webm", VideoReader(source), 2)
    for suffix in (".gif", ".avi"):
        with pytest.raises(UsageError, match=f"found suffix {suffix}, expected one of .m4v, .mkv"):
            check_video_target(tmp_path / f"x{suffix}", (36, 64), 2)
    (tmp_path / "cut.mp4").write_bytes(source.read_bytes()[:-2000])
    with pytest.raises(UsageError, match="cut.mp4: is no video that can be read"):
        VideoReader(tmp_path / "cut.mp4")
    write_video(source, [picture(t) for t in range(6)], interlaced=True)
    with pytest.raises(UsageError, match="found interlaced frames, expected progressive ones"):
        VideoReader(source)
    with pytest.raises(UsageError, match="is no video that can be read"):
        VideoReader(tmp_path / "none.mp4")


def test_frames_that_become_interlaced_are_refused(av, tmp_path, monkeypatch):
    write_video(tmp_path / "a.mp4", [picture(t) for t in range(6)], interlaced=True)
    check = VideoReader._check_progressive
    # As if the first frame were none of them.
    monkeypatch.setattr(VideoReader, "_check_progressive", lambda self, frame: None)
    reader = VideoReader(tmp_path / "a.mp4")
    monkeypatch.setattr(VideoReader, "_check_progressive", check)
    with pytest.raises(UsageError, match="found interlaced frames, expected progressive ones"):
        list(reader.frames())


def test_red_green_and_blue_keep_their_colours(av, tmp_path):
    pictures = [picture(t) for t in range(3)]
    write_video(tmp_path / "a.mkv", pictures, layout="rgb24", codec="libx264rgb")
    enlarged(tmp_path / "a.mkv", tmp_path / "b.mkv")
    frames, _ = read_video(tmp_path / "b.mkv")
    for frame, expected in zip(frames, pictures, strict=True):
        found = frame.reformat(format="rgb24", src_colorspace="ITU601").to_ndarray()[::2, ::2]
        assert np.abs(found.astype(float) - expected).mean() < 3


def test_sound_from_before_the_first_frame_is_kept(av, tmp_path):
    # The encoder starts the sound before 0, so that its delay is made up for.
    write_video(
        tmp_path / "a.mov", [picture(t) for t in range(12)], audio=True, codec="prores_ks", layout="yuv422p10le"
    )
    enlarged(tmp_path / "a.mov", tmp_path / "b.mp4")
    assert read_video(tmp_path / "b.mp4")[1] == read_video(tmp_path / "a.mov")[1]


def test_a_file_that_ends_too_early_is_said_to(av, tmp_path):
    write_video(tmp_path / "a.mkv", [picture(t) for t in range(100)])
    data = (tmp_path / "a.mkv").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(data[: len(data) // 2])
    (note,) = enlarged(tmp_path / "cut.mkv", tmp_path / "b.mp4")
    assert "it may end too early" in note
    assert 10 < len(read_video(tmp_path / "b.mp4")[0]) < 90


def test_without_pyav_it_is_said_what_to_install(tmp_path, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(video_files.importlib, "import_module", missing)
    with pytest.raises(UsageError, match=r"found no package av; `pip install -r requirements-video.txt`"):
        VideoReader(tmp_path / "a.mp4")


def test_videos_are_known_by_their_suffix():
    assert is_video_file("a/B.MP4") and not is_video_file("a.png") and not is_video_file(None)
