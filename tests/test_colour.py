"""Colour against MATLAB's own results and against the published transform of ITU-R BT.601."""

import numpy as np
import pytest

from dlnet_tf.colour import luminance, rgb_to_ycbcr, ycbcr_to_rgb


def test_luminance_is_matlab_rgb2ycbcr(shared):
    golden = np.load(shared / "golden" / "matlab_set5.npz")
    names = [key.removesuffix("_rgb") for key in golden if key.endswith("_rgb")]
    for name in names:
        rgb, y = golden[f"{name}_rgb"], golden[f"{name}_y"]
        np.testing.assert_allclose(rgb_to_ycbcr(rgb)[..., 0], y, atol=1e-10)
        # On an exact half either neighbour is right; nowhere is anything further away.
        assert np.abs(luminance(rgb) - y).max() <= 0.5 + 1e-10
    assert len(names) == 4


@pytest.mark.parametrize(
    ("rgb", "ycbcr"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (81.481, 90.203, 240)),
        ((0, 255, 0), (144.553, 53.797, 34.214)),
        ((0, 0, 255), (40.966, 240, 109.786)),
    ],
)
def test_primaries_have_their_published_values(rgb, ycbcr):
    np.testing.assert_allclose(rgb_to_ycbcr(np.array(rgb, np.uint8)), ycbcr, atol=1e-9)


def test_ycbcr_to_rgb_inverts_rgb_to_ycbcr():
    rgb = np.random.default_rng(0).uniform(0, 255, (5, 7, 3))
    np.testing.assert_allclose(ycbcr_to_rgb(rgb_to_ycbcr(rgb)), rgb, atol=1e-11)


def test_luminance_rounds_exact_halves_up():
    # 65.481 r + 128.553 g + 24.966 b is an odd multiple of 255 / 2 where the exact fraction says so.
    colours = np.stack(np.meshgrid(np.arange(256), np.arange(256), [0, 85, 170, 255], indexing="ij"), -1)
    colours = colours.reshape(1, -1, 3)
    numerator = colours @ np.array([65481, 128553, 24966])
    halves = colours[:, (numerator[0] % 255000) == 127500]
    assert halves.size
    exact = (halves @ np.array([65481, 128553, 24966]))[0] // 255000 + 17
    np.testing.assert_array_equal(luminance(halves.astype(np.uint8))[0], exact)


def test_grayscale_is_used_as_it_is():
    gray = np.arange(12, dtype=np.uint8).reshape(3, 4)
    np.testing.assert_array_equal(luminance(gray), gray)


@pytest.mark.parametrize("image", [np.zeros((2, 2, 4), np.uint8), np.zeros((2, 2, 3), np.float32)])
def test_luminance_refuses_what_is_no_eight_bit_photograph(image):
    with pytest.raises(ValueError, match="expected uint8"):
        luminance(image)
