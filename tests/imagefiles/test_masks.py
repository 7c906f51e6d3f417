"""Mask files of every kind; those that are no masks get one line. Files are written by Pillow."""

import re

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import distance_transform_edt, gaussian_filter

from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.masks import grow, read_mask

SIZE = (90, 122)
THRESHOLDED = "not quite black and white"


def hole():
    white = np.zeros(SIZE, bool)
    white[21:50, 33:71] = True
    white[70:73] = True
    return white


def strokes():
    image = Image.new("1", SIZE[::-1])
    ImageDraw.Draw(image).line([(3, 80), (60, 11), (110, 75)], 1, 7)
    ImageDraw.Draw(image).ellipse([70, 5, 111, 40], 1)
    return np.array(image)


def scattered():
    return np.random.default_rng(0).random(SIZE) < 0.5


@pytest.fixture
def read(tmp_path):
    def save_and_read(image, name="mask.png", white="fill", **options):
        image = image if isinstance(image, Image.Image) else Image.fromarray(image)
        image.save(tmp_path / name, **options)
        return read_mask(tmp_path / name, SIZE, white)

    return save_and_read


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "P", "I;16"])
def test_white_is_to_be_filled_unless_it_is_observed(read, mode):
    image = Image.fromarray((hole() * 65535).astype(np.uint16)) if mode == "I;16" else Image.fromarray(hole())
    image = image if mode == "I;16" else image.convert(mode)
    mask, notes = read(image)
    assert mask.dtype == np.float32 and mask.shape == (*SIZE, 1) and notes == []
    np.testing.assert_array_equal(mask[..., 0], ~hole())
    np.testing.assert_array_equal(read(image, white="observed")[0][..., 0], hole())


@pytest.mark.parametrize("draw", [hole, strokes, scattered])
@pytest.mark.parametrize("quality", [50, 60, 75, 85, 90, 95])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_ringing_of_jpeg_is_undone_and_told(read, draw, quality, mode):
    mask, notes = read(Image.fromarray(draw()).convert(mode), "mask.jpg", quality=quality)
    np.testing.assert_array_equal(mask[..., 0], ~draw())
    assert len(notes) == 1 and THRESHOLDED in notes[0] and "mask.jpg: " in notes[0]


def photograph():
    row, column = np.mgrid[: SIZE[0], : SIZE[1]]
    return np.rint(120 + 100 * np.sin(row / 9) * np.cos(column / 7)).astype(np.uint8)


def test_what_is_not_black_and_white_is_refused(read):
    for image in (photograph(), np.full(SIZE, 60, np.uint8)):
        with pytest.raises(UsageError, match=r"mask.png: found a mask with gray values \(.*\), expected black and"):
            read(image)
    red = np.zeros((*SIZE, 3), np.uint8)
    red[hole(), 0] = 255
    with pytest.raises(UsageError, match="mask.png: found a mask with colours, expected black and white"):
        read(red)


def soft():
    """As of a brush with a soft edge: 2 pixels of gray at least all around."""
    return np.rint(255 * gaussian_filter(hole().astype(float), 1.5)).astype(np.uint8)


def text():
    image = Image.new("L", SIZE[::-1])
    ImageDraw.Draw(image).text((10, 30), "Sample", 255, ImageFont.load_default(24))
    return np.array(image)


@pytest.mark.parametrize("draw", [soft, text])
@pytest.mark.parametrize("white", ["fill", "observed"])
def test_soft_edges_are_filled_from_a_low_level_on_and_told(read, draw, white):
    assert len(np.unique(draw())) > 20
    mask, notes = read(draw() if white == "fill" else 255 - draw(), white=white)
    np.testing.assert_array_equal(mask[..., 0] == 0, draw() > 25)
    assert len(notes) == 1 and re.search(r"mask.png: .*% of the mask is gray, which is filled too$", notes[0])


def test_soft_edges_in_jpeg_bring_no_specks(read):
    mask, _ = read(soft(), "mask.jpg", quality=75)
    missing = mask[..., 0] == 0
    assert missing[soft() > 140].all() and not missing[soft() < 30].any()


def test_a_mask_grows_by_pixels_on_every_side():
    mask = np.ones((*SIZE, 1), np.float32)
    mask[20:31, 0:9] = 0
    assert grow(mask, 0) is mask
    expected = distance_transform_edt(mask[..., 0]) > 3
    found = grow(mask, 3)
    assert found.shape == mask.shape and found.dtype == np.float32
    assert np.mean((found[..., 0] > 0) != expected) < 2e-3 and found[25, 11, 0] == 0 and found[25, 12, 0] == 1


@pytest.mark.parametrize(
    ("dtype", "value", "top"), [(np.uint8, 1, 255), (np.uint16, 1, 65535), (np.uint16, 255, 65535)]
)
def test_a_mask_of_zeros_and_ones_is_refused(read, dtype, value, top):
    with pytest.raises(UsageError, match=f"found a mask of the values 0 and {value}, expected 0 and {top}"):
        read(hole().astype(dtype) * dtype(value))


@pytest.mark.parametrize("name", ["mask.png", "mask.tif", "mask.webp"])
@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize("colour", ["black", "white"])
def test_a_mask_in_the_alpha_channel_is_refused(read, name, mode, colour):
    image = Image.new(mode, SIZE[::-1], colour)
    image.putalpha(Image.fromarray(hole()).convert("L"))
    with pytest.raises(UsageError, match=f"{name}: found one colour and a mask in the alpha channel"):
        read(image, name, **({"lossless": True, "exact": True} if name.endswith("webp") else {}))


def test_another_size_is_refused_with_both(tmp_path):
    Image.new("L", (40, 30)).save(tmp_path / "a.png")
    message = f"{tmp_path / 'a.png'}: found a mask of 40 x 30 pixels, expected 30 x 40, the size of the image"
    with pytest.raises(UsageError, match=f"^{re.escape(message)}$"):
        read_mask(tmp_path / "a.png", (40, 30))


def test_masks_of_all_or_nothing_work_and_are_told(read):
    for value, white, words in (
        (0, "fill", "no pixel is missing"),
        (255, "fill", "every pixel is missing"),
        (0, "observed", "every pixel is missing"),
    ):
        mask, notes = read(np.full(SIZE, value, np.uint8), white=white)
        assert np.unique(mask) == (words.startswith("no")) and len(notes) == 1 and notes[0].endswith(words)


@pytest.mark.parametrize("name", ["mask.png", "mask.tif"])
@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_an_alpha_channel_is_left_out_and_told(read, name, mode):
    image = Image.fromarray(hole()).convert(mode)
    image.putalpha(Image.fromarray(photograph()))
    mask, notes = read(image, name)
    np.testing.assert_array_equal(mask[..., 0], ~hole())
    assert len(notes) == 1 and "the alpha channel (transparency) of the mask is left out" in notes[0]


def test_a_broken_file_is_refused(tmp_path):
    (tmp_path / "mask.png").write_bytes(b"no image")
    with pytest.raises(UsageError, match="mask.png: found no image"):
        read_mask(tmp_path / "mask.png", SIZE)
