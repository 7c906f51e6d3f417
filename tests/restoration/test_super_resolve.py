"""Photographs: the network's luminance, bicubic colours."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from dlnet_tf.colour import rgb_to_ycbcr
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import DLNet, GradientUpdate
from dlnet_tf.resize import imresize
from dlnet_tf.restoration import Restorer, super_resolve, tiles
from dlnet_tf.restoration.tiles import cut
from tests import stand_in


@pytest.fixture(scope="module")
def restorer():
    return Restorer(DLNet(stand_in.idn(), BlurDownsample(3), 3, GradientUpdate(4.0, damping=None)))


def soft(height, width, colour=True):
    """Away from black and white, so that no colour is clipped."""
    noise = np.random.default_rng(0).uniform(-1, 1, (height, width, 3))
    pixels = np.rint(128 + 60 * gaussian_filter(noise, (1.5, 1.5, 0))).astype(np.uint8)
    return pixels if colour else pixels[..., 0]


@pytest.mark.parametrize("size", [(17, 23), (1, 1), (5, 40)])
def test_the_luminance_is_restored_and_the_colours_are_bicubic(restorer, size):
    image = soft(*size)
    large = super_resolve(restorer, image, 3, blur_width=1.3)
    assert large.dtype == np.uint8 and large.shape == (3 * size[0], 3 * size[1], 3)
    small, found = rgb_to_ycbcr(image), rgb_to_ycbcr(large)
    # Half a gray level in each of R, G, B, when it is rounded, is up to 0.44 in Cb and Cr and 0.43 in Y.
    np.testing.assert_allclose(found[..., 1:], imresize(small[..., 1:], 3), atol=0.45)
    y = (small[..., 0] / 255).astype("float32")[None, ..., None]
    np.testing.assert_allclose(found[..., 0], 255 * restorer(y, np.array([1.3]))[0, ..., 0], atol=0.45)


def test_gray_stays_gray(restorer):
    image = soft(11, 14, colour=False)
    large = super_resolve(restorer, image, 3, blur_width=0.0)
    assert large.shape == (33, 42) and large.dtype == np.uint8
    expected = restorer((image / 255)[None, ..., None], np.array([0.0]))[0, ..., 0]
    np.testing.assert_allclose(large, np.clip(255 * expected, 0, 255), atol=0.501)

    three = super_resolve(restorer, np.repeat(image[..., None], 3, axis=-1), 3, blur_width=0.0)
    assert np.ptp(three.astype(int), axis=-1).max() <= 1


def test_what_leaves_the_range_is_clipped(restorer):
    image = np.zeros((9, 9, 3), np.uint8)
    image[:, 5:] = 255
    large = super_resolve(restorer, image, 3, blur_width=2.6)
    assert large[:, :6].mean() < 40 and large[:, -6:].mean() > 215


def test_a_plain_network_and_a_kernel(restorer):
    image = soft(8, 7)
    delta = np.zeros((5, 5))
    delta[2, 2] = 1.0
    by_kernel = super_resolve(restorer, image, 3, kernel=delta)
    by_width = super_resolve(restorer, image, 3, blur_width=0.0)
    assert np.abs(by_kernel.astype(int) - by_width).max() <= 1
    assert super_resolve(Restorer(restorer.model.backbone), image, 3).shape == (24, 21, 3)


@pytest.fixture
def small_tiles(monkeypatch):
    """Tiles of 32 pixels and their surroundings, however large the memory."""
    monkeypatch.setattr(tiles, "_bytes_per_pixel", lambda model, scale, shapes: 1e9 / 100**2)
    return tiles.BASE + 1


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiles_fit_together_in_luminance_colour_and_alpha(restorer, small_tiles, channels):
    image = np.dstack([soft(150, 130), soft(150, 130, colour=False)])[..., :channels]
    image = image[..., 0] if channels == 1 else image
    called = []
    whole = super_resolve(restorer, image, 3, blur_width=1.3, max_memory=1e6, progress=lambda: called.append("whole"))
    found = super_resolve(
        restorer, image, 3, blur_width=1.3, max_memory=small_tiles, progress=lambda: called.append("tile")
    )
    number = len(cut(restorer.model, image.shape, 1, 3, small_tiles, {"blur_width": 1.3}))
    assert number >= 4 and called == ["whole"] + ["tile"] * number
    # A value in the middle between two may be rounded up or down.
    difference = found.astype(int) - whole
    assert np.abs(difference).max() <= 1 and np.mean(difference != 0) < 1e-3
    again = super_resolve(restorer, image, 3, blur_width=1.3, max_memory=small_tiles)
    np.testing.assert_array_equal(found, again)


def test_alpha_is_restored_as_a_gray_image(restorer):
    colours, alpha = soft(12, 15), soft(12, 15, colour=False)
    large = super_resolve(restorer, np.dstack([colours, alpha]), 3, blur_width=1.3)
    np.testing.assert_array_equal(large[..., :3], super_resolve(restorer, colours, 3, blur_width=1.3))
    np.testing.assert_array_equal(large[..., 3], super_resolve(restorer, alpha, 3, blur_width=1.3))
    gray = super_resolve(restorer, np.dstack([alpha, np.full_like(alpha, 77)]), 3, blur_width=1.3)
    np.testing.assert_array_equal(gray[..., 0], large[..., 3])
    assert gray.shape == (36, 45, 2) and (gray[..., 1] == 77).all()


def test_sixteen_bits_are_eight_bits_and_more(restorer):
    image = soft(12, 15)
    # 257 times as much is the same colour.
    deep = super_resolve(restorer, image.astype(np.uint16) * 257, 3, blur_width=1.3)
    shallow = super_resolve(restorer, image, 3, blur_width=1.3)
    assert deep.dtype == np.uint16 and np.abs(deep / 257 - shallow).max() <= 0.51
    assert len(np.unique(deep % 257)) > 50


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 5), np.uint8),
        np.zeros((4, 4, 1), np.uint8),
        np.zeros((0, 4), np.uint8),
        np.zeros((1, 4, 4, 3), np.uint8),
    ],
)
def test_what_is_no_photograph_is_refused(restorer, image):
    with pytest.raises(UsageError, match="^found an image of .*, expected "):
        super_resolve(restorer, image, 3, blur_width=1.3)


@pytest.mark.parametrize("channels", [3, 1])
def test_colours_of_transparent_pixels_do_not_bleed(restorer, small_tiles, channels):
    row, column = np.mgrid[:90, :100]
    visible = (row - 45) ** 2 + (column - 50) ** 2 < 30**2
    image = np.zeros((90, 100, channels + 1), np.uint8)
    image[visible] = [230, 140, 30, 255][-channels - 1 :]
    flat = np.full_like(image, 0)
    flat[:] = image[45, 50]
    large = super_resolve(restorer, image, 3, blur_width=1.3)
    expected = super_resolve(restorer, flat, 3, blur_width=1.3)
    shown = large[..., -1] > 0
    assert np.abs(large[shown][:, :-1].astype(int) - expected[shown][:, :-1]).max() <= 1
    tiled = super_resolve(restorer, image, 3, blur_width=1.3, max_memory=small_tiles)
    assert np.abs(tiled[shown].astype(int) - large[shown]).max() <= 1
