"""Frames with their neighbours, cuts, and frames in tiles."""

import itertools

import numpy as np
import pytest

from dlnet_tf.backbones import vespcn
from dlnet_tf.imagefiles.clips import read_clips
from dlnet_tf.imagefiles.frames import Frame
from dlnet_tf.imagefiles.shots import is_cut
from dlnet_tf.restoration import Restorer
from dlnet_tf.restoration.clips import FrameRestorer, triplets
from dlnet_tf.restoration.tiles import cut
from tests import stand_in
from tests.imagefiles.test_clips import moving


def frames(*lumas):
    return [Frame((luma / 255).astype(np.float32)) for luma in lumas]


def test_neighbours_end_at_a_cut_and_at_the_ends():
    shot = moving(3)
    clip = frames(*shot, *(255 - frame for frame in shot[:2]))
    assert [is_cut(a.luma, b.luma) for a, b in itertools.pairwise(clip)] == [False, False, True, False]
    found = list(triplets(iter(clip)))
    assert [id(frame) for frame, _ in found] == [id(frame) for frame in clip]
    expected = [(0, 1), (0, 2), (1, 2), (3, 4), (3, 4)]
    for (_, seen), around in zip(found, expected, strict=True):
        np.testing.assert_array_equal(seen, np.stack([clip[index].luma for index in around], axis=-1))


def test_a_clip_of_one_frame_has_itself_alone():
    (clip,) = frames(moving(1)[0])
    ((frame, seen),) = triplets([clip])
    assert frame is clip
    np.testing.assert_array_equal(seen, np.stack([clip.luma] * 2, axis=-1))
    assert list(triplets([])) == []


def test_frames_are_read_two_ahead_at_most():
    count = 0

    def source():
        nonlocal count
        for frame in frames(*moving(6)):
            count += 1
            yield frame

    for index, _ in enumerate(triplets(source())):
        assert count <= index + 2


def test_cuts_between_real_clips_are_found_and_none_within(shared):
    clips = read_clips(shared / "datasets" / "vsr" / "train")
    within = [is_cut(a / np.float32(255), b / np.float32(255)) for c in clips for a, b in itertools.pairwise(c.frames)]
    assert len(within) > 200 and not any(within)
    # Clips of one scene share their name but for the last letter or number.
    pairs = [(a, b) for a, b in itertools.pairwise(clips) if a.name[:5] != b.name[:5]]
    pairs = [(a, b) for a, b in pairs if a.frames.shape == b.frames.shape]
    across = [is_cut(a.frames[-1] / np.float32(255), b.frames[0] / np.float32(255)) for a, b in pairs]
    assert len(across) > 10 and np.mean(across) > 0.9


@pytest.mark.parametrize("network", ["vespcn", "idn"])
def test_a_frame_is_restored_as_the_model_does(network):
    model = vespcn(2) if network == "vespcn" else stand_in.idn(2)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.1, weight.shape) for weight in model.weights])
    luma, neighbours = rng.random((20, 24), "float32"), rng.random((20, 24, 2), "float32")
    restorer = Restorer(model)
    enlarge = FrameRestorer(restorer, 2, cut(restorer.model, (20, 24), 1, 2, 2.0, {}), {})
    inputs = {"degraded": luma[None, :, :, None], "neighbours": neighbours[None]}
    expected = model({key: inputs[key] for key in [tensor.name for tensor in model.inputs]})
    np.testing.assert_allclose(enlarge(luma, neighbours), expected[0, :, :, 0], atol=1e-5)
