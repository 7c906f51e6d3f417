import math

import cv2
import numpy as np
import tensorflow as tf

from dlnet_tf.degradations import sample_stroke_masks
from dlnet_tf.degradations.strokes import _distance


def test_distances_from_segments():
    random = np.random.default_rng(0)
    start, change = random.uniform(0, 9, (2, 3, 2)), random.uniform(-6, 6, (2, 3, 2))
    found = _distance(tf.constant(start, tf.float32), tf.constant(change, tf.float32), 9)
    # The nearest of many points along the segment.
    points = start[:, :, None] + np.linspace(0, 1, 2001)[:, None] * change[:, :, None]
    for i in range(9):
        for j in range(9):
            nearest = np.linalg.norm(points - [i + 0.5, j + 0.5], axis=-1).min(axis=-1)
            np.testing.assert_allclose(found[:, :, i, j], nearest, atol=5e-3)


def test_masks_are_binary_and_their_share_is_said():
    mask, share = sample_stroke_masks([1, 2], 200)
    assert mask.shape == (200, 64, 64, 1) and mask.dtype == "float32" and share.dtype == "float32"
    assert set(np.unique(mask)) == {0.0, 1.0}
    np.testing.assert_allclose(share, 1 - np.mean(mask, axis=(1, 2, 3)), atol=1e-6)
    # From a touch at the border to a good part of the image, and different everywhere.
    assert 0.1 < np.mean(share) < 0.25 and np.max(share) < 0.7
    assert np.median(share) > 0.05
    assert len({m.tobytes() for m in mask.numpy()}) == 200
    missing = 1 - np.mean(mask, axis=(0, 3))
    assert missing[16:48, 16:48].min() > 0 and missing[:8].max() > 0 and missing[:, -8:].max() > 0


def test_strokes_are_as_thick_as_a_brush():
    mask, _ = sample_stroke_masks([3, 4], 100)
    hole = 1 - mask
    # From scratches of a pixel to a brush of a twelfth of the image: the widest disk that fits into a hole.
    widest = [cv2.distanceTransform(np.uint8(one[..., 0]), cv2.DIST_L2, 5).max() for one in hole.numpy()]
    assert min(widest) <= 1.5 and max(widest) >= 5
    two = -tf.nn.max_pool2d(-hole, 2, 1, "VALID")
    assert np.mean(two) > 0.6 * np.mean(hole)
    # Larger squares fit in only where strokes cross or turn.
    sixteen = -tf.nn.max_pool2d(-hole, math.ceil(2 * 64 / 12) + 5, 1, "VALID")
    assert np.mean(sixteen) < 0.02 * np.mean(hole)


def test_the_size_scales_with_the_image():
    small, large = (sample_stroke_masks([1, 2], 20, size)[1] for size in (64, 128))
    np.testing.assert_allclose(small, large, atol=0.03)
