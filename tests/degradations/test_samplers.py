import hashlib

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.degradations import (
    pixel_masks,
    sample_blur_width,
    sample_levels_by_quota,
    sample_pixel_masks,
    sample_rates,
    sample_sides,
    sample_square_masks,
    sample_stroke_masks,
    square_masks,
)

SAMPLERS = {
    "blur_width": sample_blur_width,
    "square_masks": sample_square_masks,
    "pixel_masks": sample_pixel_masks,
    "sides": sample_sides,
    "rates": sample_rates,
    "stroke_masks": sample_stroke_masks,
}
every_sampler = pytest.mark.parametrize("sample", SAMPLERS.values(), ids=SAMPLERS)


def flat(draws):
    return [np.array(draw) for draw in tf.nest.flatten(draws)]


@every_sampler
def test_draws_are_pure_functions_of_the_seed(sample):
    first, second, other = (flat(sample(tf.constant(seed), 5)) for seed in ([3, 4], [3, 4], [4, 3]))
    for a, b, c in zip(first, second, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.any(a != c)


@every_sampler
def test_inside_a_tf_data_map_they_are_what_they_are_outside(sample):
    seeds = tf.constant([[0, 7], [1, 7], [2, 7]])
    mapped = tf.data.Dataset.from_tensor_slices(seeds).map(lambda seed: sample(seed, 2))
    for seed, draws in zip(seeds, mapped, strict=True):
        for inside, outside in zip(flat(draws), flat(sample(seed, 2)), strict=True):
            np.testing.assert_array_equal(inside, outside)


@every_sampler
def test_the_batch_may_be_known_only_in_the_graph(sample):
    draw = tf.function(sample, input_signature=[tf.TensorSpec([2], tf.int32), tf.TensorSpec([], tf.int32)])
    for batch in (1, 3):
        assert all(len(a) == batch for a in flat(draw(tf.constant([1, 2]), batch)))


def test_widths_are_uniform():
    u = np.array(sample_blur_width([1, 2], 20000))
    assert u.dtype == "float32" and 0 <= u.min() and u.max() < 3
    counts, _ = np.histogram(u, bins=6, range=(0, 3))
    np.testing.assert_allclose(counts / 20000, 1 / 6, atol=0.012)
    np.testing.assert_array_equal(sample_blur_width([1, 2], 3, low=1.3, high=1.3), np.float32([1.3] * 3))


def hole(mask):
    """The (top, left, height, width) of the one rectangle of zeros, which is checked to be one."""
    rows, columns = np.nonzero((mask == 0).any(axis=1))[0], np.nonzero((mask == 0).any(axis=0))[0]
    box = (rows[0], columns[0], len(rows), len(columns))
    expected = np.ones_like(mask)
    expected[box[0] : box[0] + box[2], box[1] : box[1] + box[3]] = 0
    np.testing.assert_array_equal(mask, expected)
    return box


def test_holes_are_squares_off_the_centre_as_in_the_paper():
    mask, side = sample_square_masks([5, 6], 4000)
    assert mask.shape == (4000, 64, 64, 1) and mask.dtype == "float32" and side.dtype == "int32"
    side = np.array(side)
    boxes = np.array([hole(m[..., 0]) for m in mask.numpy()])
    np.testing.assert_array_equal(boxes[:, 2], side)
    np.testing.assert_array_equal(boxes[:, 3], side)
    shifts = boxes[:, :2] - ((64 - side) // 2)[:, None]
    np.testing.assert_array_equal(np.unique(side), np.arange(1, 31))
    np.testing.assert_array_equal(np.unique(shifts), np.arange(-10, 11))
    np.testing.assert_allclose(np.bincount(side)[1:] / 4000, 1 / 30, atol=0.012)
    np.testing.assert_allclose(np.bincount(shifts.ravel() + 10) / 8000, 1 / 21, atol=0.012)
    # The side, the vertical and the horizontal shift have nothing to do with one another.
    correlation = np.corrcoef(np.column_stack([side, shifts]).T)
    assert np.abs(correlation - np.eye(3)).max() < 0.06


def test_a_fixed_square_hole_in_the_centre():
    mask, side = sample_square_masks([5, 6], 2, sides=(20, 20), max_shift=0)
    np.testing.assert_array_equal(side, [20, 20])
    assert [hole(m[..., 0]) for m in mask.numpy()] == [(22, 22, 20, 20)] * 2


def test_pixels_are_missing_at_the_drawn_rate():
    mask, rate = sample_pixel_masks([7, 8], 500)
    assert mask.shape == (500, 64, 64, 1) and mask.dtype == "float32" and rate.dtype == "float32"
    assert set(np.unique(mask)) == {0.0, 1.0}
    np.testing.assert_allclose(1 - np.mean(mask, axis=(1, 2, 3)), rate, atol=0.04)
    assert np.min(rate) >= 0 and np.max(rate) < 0.75
    np.testing.assert_allclose(np.mean(rate), 0.375, atol=0.03)


def test_a_fixed_rate():
    mask, rate = sample_pixel_masks([7, 8], 20, size=32, rates=(0.75, 0.75))
    np.testing.assert_array_equal(rate, np.float32([0.75] * 20))
    np.testing.assert_allclose(1 - np.mean(mask), 0.75, atol=0.01)
    # Every image has its own pixels.
    assert len({m.tobytes() for m in mask.numpy()}) == 20


def test_draws_of_this_version_are_those_of_the_first():
    # Runs and test sets of corruptions depend on them.
    mask, side = sample_square_masks([3, 4], 5)
    assert list(np.array(side)) == [14, 12, 18, 23, 16]
    assert hashlib.sha256(np.uint8(mask).tobytes()).hexdigest().startswith("ad808d90a65288b5")
    mask, rate = sample_pixel_masks([3, 4], 5)
    np.testing.assert_allclose(rate, [0.25271335, 0.62467980, 0.52715218, 0.32864892, 0.56797934], rtol=1e-7)
    assert hashlib.sha256(np.uint8(mask).tobytes()).hexdigest().startswith("189d695e55b7182a")


def test_masks_of_given_levels():
    sides = tf.constant([1, 7, 30, 64])
    masks = square_masks([1, 2], sides, max_shift=0)
    assert [hole(m[..., 0]) for m in masks.numpy()] == [
        (31, 31, 1, 1),
        (28, 28, 7, 7),
        (17, 17, 30, 30),
        (0, 0, 64, 64),
    ]
    # The shift does not depend on the side that it is of.
    boxes = [[hole(m[..., 0]) for m in square_masks([1, 2], tf.fill([4], s)).numpy()] for s in (10, 20)]
    np.testing.assert_array_equal(np.array(boxes)[0, :, :2] - 27, np.array(boxes)[1, :, :2] - 22)
    missing = 1 - np.mean(pixel_masks([1, 2], tf.constant([0.0, 0.3, 1.0])), axis=(1, 2, 3))
    np.testing.assert_allclose(missing, [0, 0.3, 1], atol=0.03)


QUOTAS = [8, 0, 21, 30, 41]
SIDES = [(1, 6), (7, 12), (13, 18), (19, 24), (25, 30)]


def owners(levels, ranges):
    return np.array([[low <= level <= high for low, high in ranges].index(True) for level in np.array(levels)])


def test_every_range_has_its_quota_in_the_batch_and_in_each_share_of_it():
    levels = sample_levels_by_quota([1, 2], QUOTAS, SIDES)
    assert levels.dtype == "int32"
    found = owners(levels, SIDES)
    assert list(np.bincount(found, minlength=5)) == QUOTAS
    for replicas in (2, 4, 5, 10):
        for share in found.reshape(replicas, -1):
            expected = np.array(QUOTAS) / replicas
            assert np.abs(np.bincount(share, minlength=5) - expected).max() < 2


def test_inside_a_range_levels_are_uniform():
    levels = np.array(sample_levels_by_quota([1, 2], [6000, 12000], [(1, 6), (25, 30)]))
    counts = np.bincount(levels, minlength=31)
    np.testing.assert_allclose(counts[1:7] / 6000, 1 / 6, atol=0.02)
    np.testing.assert_allclose(counts[25:] / 12000, 1 / 6, atol=0.015)
    assert counts.sum() == counts[1:7].sum() + counts[25:].sum()
    rates = np.array(sample_levels_by_quota([1, 2], [6000, 12000], [(0.0, 0.15), (0.6, 0.75)]))
    assert rates.dtype == "float32"
    low, high = rates[rates < 0.5], rates[rates > 0.5]
    assert len(low) == 6000 and 0 <= low.min() and low.max() < 0.15 and 0.6 <= high.min() and high.max() <= 0.75
    np.testing.assert_allclose(np.histogram(high, bins=5, range=(0.6, 0.75))[0] / 12000, 0.2, atol=0.015)


def test_levels_by_quota_are_pure_functions_of_the_seed_in_a_map_too():
    seeds = tf.constant([[0, 7], [1, 7]])
    mapped = tf.data.Dataset.from_tensor_slices(seeds).map(lambda seed: sample_levels_by_quota(seed, QUOTAS, SIDES))
    inside = np.array(list(mapped))
    np.testing.assert_array_equal(inside, [sample_levels_by_quota(seed, QUOTAS, SIDES) for seed in seeds])
    assert np.any(inside[0] != inside[1])
