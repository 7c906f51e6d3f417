"""Crops of the sample photographs."""

import numpy as np

from dlnet_tf.data.sample_crops import load_crops, load_face
from dlnet_tf.data.samples import load_samples


def test_crops_are_pieces_of_the_photographs_with_contrast():
    crops = load_crops()
    assert crops.shape == (28, 64, 64, 3) and crops.dtype == np.uint8
    np.testing.assert_array_equal(crops, load_crops())
    assert len({crop.tobytes() for crop in crops}) == 28
    assert crops.std((1, 2)).mean(-1).min() > 15
    # Chelsea is 451 x 300, so a crop is 75 pixels of it.
    chelsea = dict(load_samples())["chelsea"][:, :450].reshape(4, 75, 6, 75, 3).mean((1, 3)).reshape(24, 3)
    for crop in crops[8:12]:
        assert np.abs(chelsea - crop.mean((0, 1))).max(-1).min() < 1.5


def test_the_eyes_are_where_celeba_has_them():
    (face,) = load_face()
    assert face.shape == (64, 64, 3) and face.dtype == np.uint8
    # The darkest places near the eyes, in pixels of 178 x 218 to 64 x 64: (69, 111) and (108, 111).
    for column in (69 * 64 / 178, 108 * 64 / 178):
        row, left = 111 * 64 / 218, round(column) - 4
        window = face[29:37, left : left + 8].astype(int).sum(-1)
        darkest = np.unravel_index(window.argmin(), window.shape)
        assert abs(darkest[0] + 29 + 0.5 - row) < 1.5 and abs(darkest[1] + left + 0.5 - column) < 1.5
