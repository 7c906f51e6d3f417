"""Photograph files of every kind, in and out: depth, alpha, profile, orientation. Checked with Pillow and tifffile."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.photographs import check_output, read_photograph, write_photograph

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GRAY = SRGB[:16] + b"GRAY" + SRGB[20:]


def picture(channels, dtype=np.uint8, size=(130, 31)):
    """Every value of the type; alpha of 0 with colours under it among them."""
    top = np.iinfo(dtype).max
    pixels = np.random.default_rng(channels).integers(0, top, (*size, channels), dtype, endpoint=True)
    pixels[:9, :9, -1], pixels[9:12, :, -1] = 0, top
    return pixels[..., 0] if channels == 1 else pixels


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_what_is_shown_is_of_8_bits_and_on_white(tmp_path, channels):
    eight, path = picture(channels), tmp_path / "x.png"
    expected = eight
    if channels in (2, 4):
        # Pillow mixes on its own; it rounds twice.
        image = Image.fromarray(eight)
        mixed = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
        expected = np.asarray(mixed.convert("L" if channels == 2 else "RGB"))
    for pixels in (eight, eight * np.uint16(257)):
        write_photograph(path, pixels)
        shown = read_photograph(path).shown
        assert shown.dtype == np.uint8 and shown.shape == expected.shape
        assert np.abs(shown.astype(int) - expected).max() <= (channels in (2, 4))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("suffix", "dtype"),
    [(suffix, np.uint8) for suffix in (".png", ".tif", ".webp", ".bmp", ".TIFF")]
    + [(suffix, np.uint16) for suffix in (".png", ".tif")],
)
def test_what_is_written_is_read(tmp_path, channels, suffix, dtype):
    pixels, profile = picture(channels, dtype), GRAY if channels < 3 else SRGB
    path = tmp_path / f"x{suffix}"
    lost = write_photograph(path, pixels, profile)
    photograph = read_photograph(path)
    expected = pixels
    if suffix == ".bmp":
        assert lost[-1] == f"{path}: its colour profile is left out, the file has no place for it"
        assert len(lost) == (2 if channels in (2, 4) else 1)
        expected, profile = picture(channels)[..., : channels // 2 * 2 - 1] if channels in (2, 4) else pixels, None
        expected = expected[..., 0] if channels == 2 else expected
    # What has no gray, or none with alpha, holds the same three times.
    threefold = (suffix == ".webp" and channels < 3) or (channels, suffix, dtype) == (2, ".tif", np.uint16)
    if threefold:
        expected = np.concatenate(
            [np.repeat(np.atleast_3d(pixels)[..., :1], 3, -1), np.atleast_3d(pixels)[..., 1:]], -1
        )
        assert len(lost) == 1
        profile = None
    if suffix != ".bmp" and not threefold:
        assert lost == []
    np.testing.assert_array_equal(photograph.pixels, expected)
    assert photograph.pixels.dtype == dtype and photograph.profile == profile


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_deep_files_are_what_other_readers_read(tmp_path, channels):
    pixels = picture(channels, np.uint16)
    write_photograph(tmp_path / "x.png", pixels, SRGB if channels > 1 else GRAY)
    write_photograph(tmp_path / "x.tif", pixels, SRGB if channels > 1 else GRAY)
    found = cv2.imread(str(tmp_path / "x.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(found if channels == 1 else found[..., [2, 1, 0, 3][:channels]], pixels)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "x.tif"), pixels)
    for suffix in ("png", "tif"):
        with Image.open(tmp_path / f"x.{suffix}") as image:
            assert image.info["icc_profile"] == (SRGB if channels > 1 else GRAY)
            image.load()


def test_jpeg_keeps_gray_and_profile_and_says_what_it_loses(tmp_path):
    smooth = np.add.outer(np.arange(0, 16000, 400), np.arange(0, 30000, 500)).astype(np.uint16)
    path = tmp_path / "x.jpg"
    lost = write_photograph(path, np.dstack([smooth, smooth]), GRAY)
    assert lost == [
        f"{path}: .jpg holds no alpha channel (transparency), .png does",
        f"{path}: .jpg holds 8 bits a channel, .png and .tif hold 16",
    ]
    found = read_photograph(path)
    assert found.profile == GRAY and np.abs(found.pixels - smooth / 257).max() < 4


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(tmp_path, kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    quarters = np.zeros((40, 60, 3), np.uint8)
    quarters[:20, :30], quarters[:20, 30:], quarters[20:, :30] = 60, 120, 180
    path = tmp_path / "x"
    Image.fromarray(quarters).save(path, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    # In the words of the EXIF standard: where row 0 and column 0 of the file are in the picture.
    upright = {
        1: lambda x: x,
        2: np.fliplr,
        3: lambda x: np.rot90(x, 2),
        4: np.flipud,
        5: lambda x: x.swapaxes(0, 1),
        6: lambda x: np.rot90(x, -1),
        7: lambda x: np.rot90(x, 2).swapaxes(0, 1),
        8: np.rot90,
    }[orientation]
    np.testing.assert_allclose(read_photograph(path).pixels, upright(quarters), atol=20)
    if kind == "PNG":
        deep = picture(4, np.uint16)
        write_photograph(tmp_path / "deep.png", deep)
        data = (tmp_path / "deep.png").read_bytes()
        block = exif.tobytes().removeprefix(b"Exif\0\0")
        chunk = struct.pack(">I", len(block)) + b"eXIf" + block + struct.pack(">I", zlib.crc32(b"eXIf" + block))
        (tmp_path / "turned.png").write_bytes(data[:33] + chunk + data[33:])
        np.testing.assert_array_equal(read_photograph(tmp_path / "turned.png").pixels, upright(deep))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_converted_and_told(tmp_path, kind):
    colours = np.full((16, 16, 3), (200, 90, 40), np.uint8)
    path = tmp_path / "x"
    Image.fromarray(colours).convert("CMYK").save(path, kind)
    found = read_photograph(path)
    assert found.notes == (f"{path}: CMYK, converted to RGB without a profile",) and found.profile is None
    assert found.pixels.shape == (16, 16, 3) and np.abs(found.pixels.astype(int) - colours).max() <= 4
    # A profile that is none is no reason to give up.
    Image.fromarray(colours).convert("CMYK").save(path, kind, icc_profile=b"no profile")
    np.testing.assert_array_equal(read_photograph(path).pixels, found.pixels)


def test_palettes_and_transparent_colours(tmp_path):
    colours = np.zeros((8, 8, 3), np.uint8)
    colours[4:] = (200, 10, 10)
    image = Image.fromarray(colours).quantize(2)
    image.save(tmp_path / "plain.png")
    np.testing.assert_array_equal(read_photograph(tmp_path / "plain.png").pixels, colours)
    image.save(tmp_path / "clear.png", transparency=image.getpixel((0, 0)))
    found = read_photograph(tmp_path / "clear.png").pixels
    np.testing.assert_array_equal(found[..., :3], colours)
    np.testing.assert_array_equal(found[..., 3], np.where(colours[..., 0] > 0, 255, 0))
    # The fourth byte of such a BMP is no alpha.
    cv2.imwrite(str(tmp_path / "x.bmp"), colours)
    assert read_photograph(tmp_path / "x.bmp").pixels.shape == (8, 8, 3)


def test_of_several_pictures_the_first_is_taken(tmp_path):
    first, second = (Image.fromarray(picture(3) // part) for part in (1, 2))
    first.save(tmp_path / "x.tif", save_all=True, append_images=[second])
    found = read_photograph(tmp_path / "x.tif")
    np.testing.assert_array_equal(found.pixels, picture(3))
    assert found.notes == (f"{tmp_path}/x.tif: found 2 pictures in one file, the first one is taken",)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF", "WEBP"])
def test_broken_files_are_refused_in_one_line(tmp_path, kind, capfd):
    stream = io.BytesIO()
    Image.fromarray(picture(3)).save(stream, kind)
    data = stream.getvalue()
    for kept in (0, 7, 30, len(data) // 2, len(data) - 30):
        (tmp_path / "x").write_bytes(data[:kept])
        with pytest.raises(UsageError) as refusal:
            read_photograph(tmp_path / "x")
        assert str(refusal.value).startswith(f"{tmp_path}/x: ") and "\n" not in str(refusal.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_other_depths_are_refused(tmp_path, dtype):
    Image.fromarray(np.ones((4, 4), dtype)).save(tmp_path / "x.tif")
    with pytest.raises(UsageError, match=f"found {np.dtype(dtype)} pixels, expected 8 or 16 bits a channel"):
        read_photograph(tmp_path / "x.tif")


def test_a_size_that_a_format_cannot_hold_is_refused(tmp_path):
    for name, length in (("x.webp", 17000), ("x.jpg", 65501)):
        with pytest.raises(UsageError, match=f"{name}: this format cannot hold {length} x 1 pixels, expected .png"):
            write_photograph(tmp_path / name, np.zeros((1, length, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_a_picture_of_more_than_four_gigabytes_is_refused_before_it_is_made(tmp_path):
    # RGB with alpha in 16 bits has 8 bytes a pixel, RGB in 8 bits 3.
    for name in ("x.tif", "x.bmp"):
        check_output(tmp_path / name, (2**14, 2**15), 3)
        check_output(tmp_path / name, (2**14, 2**15 - 16), 8)
        with pytest.raises(UsageError, match=f"{name}: this format cannot hold 32768 x 16384 pixels, expected .png"):
            check_output(tmp_path / name, (2**14, 2**15), 8)
