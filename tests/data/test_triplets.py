"""Random patches of three frames: windows of the clips, turned, mirrored and run backwards, nothing else."""

import collections

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.data.triplets import TripletSampler, take_apart
from dlnet_tf.errors import UsageError

SIDE = 3


@pytest.fixture
def clips():
    """Two clips whose pixels are all different, one that is too short and one that is too small."""
    values = np.random.default_rng(0).permutation(256).astype(np.uint8)
    return [
        values[:80].reshape(4, 5, 4),
        np.zeros((2, 9, 9), np.uint8),
        values[80:170].reshape(5, 3, 6),
        np.zeros((3, 2, 9), np.uint8),
    ]


def known(clips):
    """Every triplet that may be drawn, by its bytes: (clip, first frame, top, left, turn, backwards)."""
    found = {}
    for index in (0, 2):
        clip = clips[index]
        for first in range(len(clip) - 2):
            for top, left in np.ndindex(clip.shape[1] - SIDE + 1, clip.shape[2] - SIDE + 1):
                window = clip[first : first + 3, top : top + SIDE, left : left + SIDE]
                for turn in range(8):
                    turned = np.rot90(window if turn < 4 else window.transpose(0, 2, 1), turn, axes=(1, 2))
                    for backwards in range(2):
                        patch = turned[::-1] if backwards else turned
                        found[patch.tobytes()] = (index, first, top, left, turn, backwards)
    return found


def test_every_triplet_is_a_turned_window_and_all_are_about_equally_likely(clips):
    source = TripletSampler(clips, SIDE)
    assert len(source) == 2
    places = known(clips)
    count = 6000
    patches = source.sample([1, 2], count)
    assert patches.shape == (count, SIDE, SIDE, 3) and patches.dtype == tf.float32
    pixels = np.rint(patches.numpy().transpose(0, 3, 1, 2) * 255).astype(np.uint8)
    draws = [places[patch.tobytes()] for patch in pixels]
    windows = {0: 2 * 3 * 2, 2: 3 * 1 * 4}
    for part, shares in (
        (slice(0, 4), {key[:4]: 1 / 2 / windows[key[0]] for key in places.values()}),
        (slice(4, 6), {(turn, backwards): 1 / 16 for turn in range(8) for backwards in range(2)}),
    ):
        counted = collections.Counter(draw[part] for draw in draws)
        assert set(counted) <= set(shares)
        chi_square = sum((counted[key] - count * p) ** 2 / (count * p) for key, p in shares.items())
        freedom = len(shares) - 1
        assert abs(chi_square - freedom) < 4 * np.sqrt(2 * freedom)


def test_a_batch_is_a_function_of_its_seed(clips):
    source = TripletSampler(clips, SIDE)
    once, again, other = (source.sample(seed, 50).numpy() for seed in ([3, 4], [3, 4], [3, 5]))
    np.testing.assert_array_equal(once, again)
    assert np.any(once != other)


def test_clips_that_are_too_short_or_too_small_are_refused(clips):
    with pytest.raises(UsageError, match="none has 3 frames as large as a patch of 3 x 3 pixels"):
        TripletSampler([clips[1], clips[3]], SIDE)


def test_three_frames_are_taken_apart():
    random = np.random.default_rng(0)
    frames, clean, u = random.random((2, 4, 5, 3)), random.random((2, 8, 10, 3)), random.random(2)
    inputs, target = take_apart({"degraded": frames, "blur_width": u}, clean)
    np.testing.assert_array_equal(inputs["degraded"], frames[..., [1]])
    np.testing.assert_array_equal(inputs["neighbours"], frames[..., [0, 2]])
    np.testing.assert_array_equal(target, clean[..., [1]])
    assert inputs["blur_width"] is u
