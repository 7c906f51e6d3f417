import numpy as np

from dlnet_tf.degradations import Masking


def test_missing_pixels_are_black_in_every_channel_and_observed_ones_untouched():
    x = np.random.default_rng(0).random((2, 4, 5, 3)).astype("float32")
    mask = np.ones((2, 4, 5, 1), "float32")
    mask[0, 1:3, 2] = 0
    y = np.array(Masking()(x, {"mask": mask}))
    expected = x.copy()
    expected[0, 1:3, 2, :] = 0
    np.testing.assert_array_equal(y, expected)


def test_everything_missing_and_nothing_missing():
    x = np.random.default_rng(0).random((1, 3, 3, 1)).astype("float32")
    np.testing.assert_array_equal(Masking()(x, {"mask": np.zeros_like(x)}), np.zeros_like(x))
    np.testing.assert_array_equal(Masking()(x, {"mask": np.ones_like(x)}), x)
