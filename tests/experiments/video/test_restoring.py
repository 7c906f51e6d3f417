"""Clips in, clips out, as the command line does it."""

import numpy as np
import pytest

from dlnet_tf import zoo
from dlnet_tf.backbones import vespcn
from dlnet_tf.data.clip_sets import sample_clips
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.options import Enlargement
from dlnet_tf.experiments.video.restoring import restore
from dlnet_tf.imagefiles.images import read_image
from dlnet_tf.likelihood import DLNet, GradientUpdate
from dlnet_tf.restoration import clips, restorer
from tests import stand_in
from tests.imagefiles.test_clips import write
from tests.video_files import picture, read_video, write_video

VESPCN, IDN = SuperResolution("vespcn", 2), SuperResolution("idn", 2)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(zoo, "CHECKPOINTS", tmp_path / "checkpoints")
    (tmp_path / "checkpoints").mkdir()
    dlnet = DLNet(vespcn(2, width=8), BlurDownsample(2), 2, GradientUpdate(0.1), name="vespcn_x2_dlnet_gradient")
    dlnet.save(tmp_path / "checkpoints" / "vespcn_x2_dlnet_gradient.keras")
    stand_in.idn(2).save(tmp_path / "checkpoints" / "idn_x2_reference.keras")
    return tmp_path


def options(folder, source, target, **more):
    return Enlargement(**{"input": str(folder / source), "output": folder / target, "blur_width": 1.3} | more)


@pytest.mark.slow
def test_a_folder_of_frames_becomes_one(folder, capsys):
    write(folder / "in", [picture(t) for t in range(3)])
    restore(VESPCN, options(folder, "in", "out"))
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["frame10.png", "frame8.png", "frame9.png"]
    assert read_image(folder / "out" / "frame9.png").shape == (72, 128, 3)
    assert f"{folder / 'out'}  (128 x 72, vespcn_x2_dlnet_gradient)" in capsys.readouterr().out
    with pytest.raises(UsageError, match="out: exists; give --overwrite to replace it"):
        restore(VESPCN, options(folder, "in", "out"))


@pytest.mark.slow
def test_a_video_becomes_a_video_and_is_that_of_its_frames(folder, capsys):
    pytest.importorskip("av")
    pictures = [picture(t) for t in range(4)]
    write_video(folder / "a.mkv", pictures, layout="yuv444p", codec="ffv1")
    write(folder / "in", pictures)
    restore(VESPCN, options(folder, "a.mkv", "b.mp4"))
    restore(VESPCN, options(folder, "in", "out"))
    frames, _ = read_video(folder / "b.mp4")
    assert len(frames) == 4
    for t, frame in enumerate(frames):
        expected = read_image(folder / "out" / f"frame{8 + t}.png").astype(float)
        assert np.abs(frame.to_ndarray(format="rgb24") - expected).mean() < 3


def test_a_network_of_photographs_takes_frames_one_by_one(folder):
    pytest.importorskip("av")
    write_video(folder / "a.mp4", [picture(t, 72, 96) for t in range(3)], audio=True)
    restore(IDN, options(folder, "a.mp4", "b.mp4", blur_width=None, method="reference"))
    frames, sound = read_video(folder / "b.mp4")
    assert (len(frames), frames[0].width) == (3, 192) and sound == read_video(folder / "a.mp4")[1]


@pytest.mark.slow
def test_the_blur_of_a_clip_is_estimated(folder, capsys):
    sharp = sample_clips()[0].frames[:2, :, :, None] / 255.0
    blurred = BlurDownsample(2)(sharp, {"blur_width": np.array([2.0])})
    write(folder / "in", [np.rint(255 * np.asarray(frame)[..., 0]).astype(np.uint8) for frame in blurred])
    restore(VESPCN, options(folder, "in", "out", blur_width="auto"))
    words = capsys.readouterr().out.split("blur_width about ")[1]
    assert float(words.split()[0]) == pytest.approx(2.0, abs=0.5)


@pytest.mark.slow
def test_the_noise_of_a_clip_is_estimated(folder, capsys):
    noise = np.random.default_rng(0).normal(0, 10, (3, 36, 64))
    write(folder / "in", [np.clip(128 + one, 0, 255).astype(np.uint8) for one in noise])
    restore(VESPCN, options(folder, "in", "out", noise_sigma="auto"))
    words = capsys.readouterr().out.split("noise_sigma about ")[1]
    assert float(words.split()[0]) == pytest.approx(10 / 255, rel=0.1)


def test_an_interrupt_leaves_nothing_behind(folder, monkeypatch):
    pytest.importorskip("av")
    write_video(folder / "a.mp4", [picture(t) for t in range(4)])
    calls = []

    def stop(self, luma, neighbours):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return luma.repeat(2, axis=0).repeat(2, axis=1)

    monkeypatch.setattr(clips.FrameRestorer, "__call__", stop)
    before = sorted(folder.iterdir())
    with pytest.raises(KeyboardInterrupt):
        restore(VESPCN, options(folder, "a.mp4", "b.mp4"))
    assert sorted(folder.iterdir()) == before


def test_what_is_no_clip_or_cannot_be_is_refused(folder, monkeypatch):
    monkeypatch.setattr(restorer.Restorer, "__call__", None)
    write(folder / "in", [picture(0)])
    refused = {
        ("none.mp4", "b.mp4"): "none.mp4: no such file or folder",
        ("in/frame8.png", "b.png"): "found no clip, expected a folder of frames or a video file, one of .avi",
    }
    for (source, target), line in refused.items():
        with pytest.raises(UsageError, match=line):
            restore(VESPCN, options(folder, source, target))
    with pytest.raises(UsageError, match="--sweep: found with a clip"):
        restore(VESPCN, options(folder, "in", "out", sweep=True))
    with pytest.raises(UsageError, match="expected exactly one of --blur_width and --kernel"):
        restore(VESPCN, options(folder, "in", "out", blur_width=None))
    assert not (folder / "out").exists()
