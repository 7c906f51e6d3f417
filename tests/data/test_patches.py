"""Random patches: windows of the images, turned and mirrored, nothing else."""

import collections

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.data import patches as module
from dlnet_tf.data.patches import RESCALINGS, PatchSampler, affordable, rescaled
from dlnet_tf.errors import UsageError
from dlnet_tf.resize import imresize

SIDE = 4


@pytest.fixture
def images():
    """Three images in which every gray value occurs once, and one that is too small for a patch."""
    values = np.random.default_rng(0).permutation(256).astype(np.uint8)
    shapes = [(9, 8), (SIDE, 12), (11, 7), (SIDE - 1, 19)]
    ends = np.cumsum([h * w for h, w in shapes])[:-1]
    assert ends[-1] < 256
    parts = np.split(values, ends)
    parts[-1] = np.zeros(3 * 19, np.uint8)
    return [part[: h * w].reshape(h, w) for part, (h, w) in zip(parts, shapes, strict=True)]


def all_patches(images):
    """Every patch that may be drawn, by its bytes: (image, top, left, turn)."""
    found = {}
    for index, image in enumerate(images[:-1]):
        for top in range(image.shape[0] - SIDE + 1):
            for left in range(image.shape[1] - SIDE + 1):
                window = image[top : top + SIDE, left : left + SIDE]
                for turn in range(8):
                    patch = np.rot90(window if turn < 4 else window.T, turn)
                    found[patch.tobytes()] = (index, top, left, turn)
    return found


def drawn(source, seed, batch):
    patches = source.sample(seed, batch)
    assert patches.shape == (batch, SIDE, SIDE, 1) and patches.dtype == tf.float32
    pixels = patches.numpy()[..., 0] * 255
    np.testing.assert_allclose(pixels, np.rint(pixels), atol=1e-4)
    return np.rint(pixels).astype(np.uint8)


def test_every_patch_is_a_turned_window_and_all_are_about_equally_likely(images):
    source = PatchSampler(images, SIDE)
    assert len(source) == 3
    known = all_patches(images)
    count = 6000
    draws = [known[patch.tobytes()] for patch in drawn(source, [1, 2], count)]
    windows = [(image.shape[0] - SIDE + 1) * (image.shape[1] - SIDE + 1) for image in images[:-1]]
    for part, shares in (
        # First an image, then a place in it: a pixel of a small image is seen more often.
        (slice(0, 3), {key[:3]: 1 / 3 / windows[key[0]] for key in known.values()}),
        (slice(3, 4), {(turn,): 1 / 8 for turn in range(8)}),
    ):
        counted = collections.Counter(draw[part] for draw in draws)
        assert set(counted) <= set(shares)
        chi_square = sum((counted[key] - count * p) ** 2 / (count * p) for key, p in shares.items())
        freedom = len(shares) - 1
        assert abs(chi_square - freedom) < 4 * np.sqrt(2 * freedom)


def test_a_batch_is_a_function_of_its_seed(images):
    source = PatchSampler(images, SIDE)
    first = source.sample([3, 4], 16)
    source.sample([9, 9], 5)
    compiled = tf.function(lambda seed: source.sample(seed, 16))
    np.testing.assert_array_equal(source.sample([3, 4], 16), first)
    # A graph multiplies by 1 / 255.
    np.testing.assert_allclose(compiled(tf.constant([3, 4])), first, atol=1e-7)
    for other in ([3, 5], [4, 4]):
        assert not np.array_equal(source.sample(other, 16), first)


@pytest.mark.parametrize("u", [0.0, 0.5, 1 - 2**-23])
def test_the_ends_of_the_range_stay_inside(images, u, monkeypatch):
    monkeypatch.setattr(tf.random, "stateless_uniform", lambda shape, *_, **__: tf.fill(shape, np.float32(u)))
    image, top, left, _ = all_patches(images)[drawn(PatchSampler(images, SIDE), [0, 0], 1)[0].tobytes()]
    if u == 0:
        assert (image, top, left) == (0, 0, 0)
    elif u > 0.9:
        assert (image, top, left) == (2, 11 - SIDE, 7 - SIDE)


def test_the_largest_draw_stays_below_any_stop():
    """What keeps the indices inside: the rounded product of the largest uniform draw never reaches the stop."""
    stops = np.arange(1, 100_000, dtype=np.float32)
    assert np.all(np.float32(1 - 2**-23) * stops < stops)


def test_no_image_large_enough_is_refused(images):
    with pytest.raises(UsageError, match="none is as large as a patch of 12 x 12"):
        PatchSampler(images, 12)


def test_rescaled_gives_every_image_at_every_size():
    image = np.random.default_rng(0).integers(0, 256, (10, 15), np.uint8)
    sizes = rescaled([image, image[:7]])
    assert [size.shape for size in sizes[:5]] == [(10, 15), (9, 14), (8, 12), (7, 11), (6, 9)]
    assert len(sizes) == 2 * len(RESCALINGS) and all(size.dtype == np.uint8 for size in sizes)
    np.testing.assert_array_equal(sizes[0], image)
    np.testing.assert_allclose(sizes[4], np.clip(imresize(image, 0.6), 0, 255), atol=0.5)


def test_images_that_would_not_fit_at_every_size_are_taken_at_one(monkeypatch):
    images = [np.zeros((100, 150), np.uint8), np.zeros((70, 150), np.uint8)]
    needed = sum(size.size for size in rescaled(images))
    for limit, factors in ((needed, RESCALINGS), (needed - 1, (1.0,))):
        monkeypatch.setattr(module, "MAX_BYTES", limit)
        assert affordable(images) == factors
