"""What inpainting and interpolation show of an image."""

import numpy as np

from dlnet_tf.evaluation.inpainting_protocol import Scores
from dlnet_tf.reporting.mask_pictures import side_by_side

RNG = np.random.default_rng(8)
CLEAN = RNG.integers(1, 256, (5, 6, 3), np.uint8)
MASK = (RNG.random((5, 6, 1)) > 0.4).astype(np.uint8)


def scores(first):
    """Return scores of two images of three corruptions, with PSNR that counts up from a number."""
    restored = RNG.integers(0, 256, (2, 5, 6, 3), np.uint8)
    return Scores({"psnr": first + np.arange(6.0).reshape(2, 3)}, restored)


def test_methods_stand_between_the_input_and_the_truth_and_composites_behind_them():
    joint, dlnet, composite = scores(10), scores(20), scores(30)
    pictures = side_by_side(CLEAN, MASK, {"joint": joint, "dlnet": dlnet}, {"dlnet": composite}, 1)
    assert [picture.label for picture in pictures] == ["Input", "Joint", "DL-Net", "DL-Net, composite", "Truth"]
    np.testing.assert_array_equal(pictures[0].image, CLEAN * MASK)
    np.testing.assert_array_equal(pictures[-1].image, CLEAN)
    for picture, made in zip(pictures[1:-1], (joint, dlnet, composite), strict=True):
        np.testing.assert_array_equal(picture.image, made.restored[1])
    # That of the first of the three corruptions of the second image.
    assert [picture.psnr for picture in pictures] == [None, 13.0, 23.0, 33.0, None]
