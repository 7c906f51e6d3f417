"""64 x 64 pixels of files of every kind, against Pillow and plain means."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from dlnet_tf.data import thumbnails as module
from dlnet_tf.data.thumbnails import crop, decode, squeeze, thumbnail
from dlnet_tf.errors import UsageError
from tests.stand_in import photograph


def encoded(image, kind="PNG", **options):
    stream = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(stream, kind, **options)
    return stream.getvalue()


def test_squeezing_is_pillows_bicubic_without_a_crop():
    pixels = photograph(0, 218, 178)
    expected = Image.fromarray(pixels).resize((64, 64), Image.BICUBIC)
    np.testing.assert_array_equal(thumbnail("a", encoded(pixels), squeeze), expected)


def test_cropping_takes_means_over_the_central_square():
    pixels = photograph(1, 192, 250)
    means = pixels[:, 29 : 29 + 192].reshape(64, 3, 64, 3, 3).mean((1, 3))
    assert np.abs(thumbnail("a", encoded(pixels), crop) - means).max() <= 1  # Pillow rounds after each axis
    np.testing.assert_array_equal(thumbnail("a", pixels, crop), thumbnail("a", encoded(pixels), crop))


def test_a_small_image_is_enlarged_smoothly():
    small = thumbnail("a", encoded(photograph(2, 20, 16)), crop)
    assert small.shape == (64, 64, 3) and len(np.unique(small[:, 32, 0])) > 16


@pytest.mark.parametrize("shrink", [squeeze, crop])
def test_images_of_64_pixels_are_kept(shrink, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    np.testing.assert_array_equal(thumbnail("a", pixels, shrink), pixels)
    (tmp_path / "a.webp").write_bytes(encoded(pixels, "WEBP", lossless=True))
    np.testing.assert_array_equal(thumbnail("a", tmp_path / "a.webp", shrink), pixels)


def test_every_mode_becomes_rgb():
    gray = photograph(3, 64, 64, colour=False)
    for image in (gray, gray.astype(np.uint16) * 257, Image.fromarray(gray).convert("LA")):
        np.testing.assert_array_equal(thumbnail("a", encoded(image), crop), gray[..., None].repeat(3, 2))
    palette = Image.fromarray(photograph(3, 64, 64)).quantize(8)
    data = encoded(palette, transparency=bytes([0, 128]))
    np.testing.assert_array_equal(thumbnail("a", data, crop), palette.convert("RGB"))


def test_orientation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = photograph(4, 64, 64)
    np.testing.assert_array_equal(thumbnail("a", encoded(pixels, exif=exif), crop), np.rot90(pixels, -1))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP"])
def test_broken_files_are_named(kind):
    data = encoded(photograph(5), kind)
    for broken in (data[: len(data) // 2], data[:20], b"\0" * 100, b""):
        with pytest.raises(UsageError, match="^x.png: found "):
            decode("x.png", broken)


def test_only_image_formats_are_tried():
    with pytest.raises(UsageError, match="no image that can be decoded"):
        decode("x.png", encoded(photograph(5), "PDF"))
    with pytest.raises(UsageError, match="floating pixels"):
        decode("x.tif", encoded(np.zeros((4, 4), np.float32), "TIFF"))


def test_enormous_images_are_refused_from_their_header(monkeypatch):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    for side in (9000, 60_000):  # beyond our limit, and beyond Pillow's own
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        with pytest.raises(UsageError, match="x.png: .* pixels"):
            decode("x.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b""))
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    with pytest.raises(UsageError, match="found more than 100 bytes"):
        decode("x.png", encoded(photograph(6)))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match="a.png: cannot be read"):
        thumbnail("a.png", tmp_path / "a.png", crop)
