"""What Python refuses as the command line does."""

import numpy as np
import pytest
from PIL import Image

from dlnet_tf.errors import UsageError
from dlnet_tf.restoration.parameter_check import check_parameters
from dlnet_tf.restoration.pixels import check_photograph

DELTA = np.zeros((3, 3))
DELTA[1, 1] = 1


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"blur_width": -1.3}, "found blur_width -1.3, expected a number >= 0"),
        ({"blur_width": "auto"}, "found blur_width 'auto', expected a number >= 0"),
        ({"blur_width": np.nan}, "found blur_width nan, expected"),
        ({"blur_width": [1.3]}, "found blur_width .1.3., expected"),
        ({"noise_sigma": -1}, "found noise_sigma -1, expected"),
        ({"kernel": np.ones((3, 3))}, "found a kernel that sums to 9, expected"),
        ({"kernel": np.full((3, 3), np.nan)}, "found a kernel that sums to nan, expected"),
        ({"kernel": DELTA[:, :2]}, r"found a kernel of shape .3, 2., expected"),
        ({"kernel": "kernel.npy"}, "found kernel 'kernel.npy', expected"),
    ],
)
def test_values_that_no_degradation_has_are_refused(parameters, words):
    with pytest.raises(UsageError, match=words):
        check_parameters(parameters)


def test_values_that_one_has_are_taken():
    for parameters in ({}, {"blur_width": 0}, {"blur_width": np.float32(1.3), "noise_sigma": 0.1}, {"kernel": DELTA}):
        check_parameters(parameters)


def test_a_picture_of_pillow_is_named():
    with pytest.raises(UsageError, match="found an image of type Image, expected a NumPy array"):
        check_photograph(Image.new("RGB", (4, 4)))
