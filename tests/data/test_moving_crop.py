"""A window that moves over a photograph."""

import numpy as np
import pytest

from dlnet_tf.data.moving_crop import moving_crop
from dlnet_tf.errors import UsageError


@pytest.mark.parametrize("step", [(1, 2), (-2, 1), (0, 0), (0, -3)])
def test_the_window_moves_by_the_step_and_stays_inside(step):
    image = np.arange(40 * 50).reshape(40, 50)
    clip = moving_crop(image, 5, 20, step)
    assert clip.shape == (5, 20, 20)
    corners = np.array(np.unravel_index(clip[:, 0, 0], image.shape)).T
    np.testing.assert_array_equal(np.diff(corners, axis=0), [step] * 4)
    for (top, left), frame in zip(corners, clip, strict=True):
        np.testing.assert_array_equal(frame, image[top : top + 20, left : left + 20])
    # The way is centred, to a pixel.
    assert np.abs(corners[0] + corners[-1] - [20, 30]).max() <= 1


def test_a_window_that_would_leave_the_photograph_is_refused():
    with pytest.raises(UsageError, match="found a photograph of 30 x 30 pixels, expected at least 20 x 32"):
        moving_crop(np.zeros((30, 30), np.uint8), 5, 20, (3, 0))
