"""What a mask looks like: masks of both tasks' training, and others."""

import cv2
import numpy as np
import pytest

from dlnet_tf.degradations.samplers import pixel_masks, square_masks
from dlnet_tf.degradations.strokes import sample_stroke_masks
from dlnet_tf.restoration.scattered import is_scattered


@pytest.mark.parametrize("size", [64, 300])
def test_pixels_of_every_rate_are_scattered(size):
    rates = np.array([0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.98], np.float32)
    for mask in np.asarray(pixel_masks((1, 2), rates, size)):
        assert is_scattered(mask[..., 0]) and is_scattered(mask[..., 0].astype(bool))


def test_squares_and_strokes_of_training_are_holes():
    sides = np.arange(2, 31)
    masks = [*np.asarray(square_masks((3, 4), sides)), *np.asarray(sample_stroke_masks((5, 6), 40)[0])]
    assert all(mask.min() == 0 for mask in masks)
    assert [index for index, mask in enumerate(masks) if is_scattered(mask[..., 0])] == []


@pytest.mark.parametrize("width", [1, 2, 5, 20])
@pytest.mark.parametrize("angle", np.linspace(0, np.pi, 7)[:-1])
def test_lines_in_every_direction_are_holes(width, angle):
    mask, reach = np.ones((200, 200), np.uint8), 80 * np.array([np.cos(angle), np.sin(angle)])
    cv2.line(mask, *((100 + part).round().astype(int).tolist() for part in (-reach, reach)), 0, width)
    assert not is_scattered(mask)


def test_regular_patterns_are_scattered():
    for rows, columns in ((2, 1), (1, 2), (2, 2), (3, 3), (4, 1)):
        mask = np.zeros((90, 91))
        mask[::rows, ::columns] = 1
        assert is_scattered(mask), (rows, columns)


def test_the_rest_of_a_photograph_does_not_matter():
    random = np.random.default_rng(0)
    mask = np.ones((300, 300))
    mask[:120] = random.random((120, 300)) > 0.8
    assert is_scattered(mask)
    mask = np.ones((300, 300))
    mask[200:220, 30:50] = 0
    assert not is_scattered(mask)


def test_all_none_and_a_single_pixel():
    assert not is_scattered(np.zeros((20, 30)))
    assert is_scattered(np.ones((20, 30)))
    one = np.ones((20, 30))
    one[3, 4] = 0
    assert is_scattered(one)
