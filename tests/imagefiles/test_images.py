"""Reading good files of every kind, and one clear line for every bad one. Files are written by Pillow."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.images import eight_bits, read_image

SMOOTH = np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8)
RGB = np.stack([SMOOTH, 2 * SMOOTH, 255 - SMOOTH], axis=-1).astype(np.uint8)


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture
def read(tmp_path):
    def read_bytes(data, name="photo.png"):
        path = tmp_path / name
        path.write_bytes(data)
        return read_image(path)

    return read_bytes


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_files_keep_every_pixel(read, kind):
    np.testing.assert_array_equal(read(encoded(Image.fromarray(RGB), kind)), RGB)
    np.testing.assert_array_equal(read(encoded(Image.fromarray(SMOOTH), kind)), SMOOTH)


def test_jpeg_stays_gray_or_colour(read):
    assert np.abs(read(encoded(Image.fromarray(RGB), "JPEG", quality=98)).astype(int) - RGB).mean() < 2
    assert read(encoded(Image.fromarray(SMOOTH), "JPEG")).shape == SMOOTH.shape


def test_cmyk_becomes_rgb(read):
    data = encoded(Image.fromarray(RGB).convert("CMYK"), "JPEG", quality=98)
    assert np.abs(read(data, "photo.jpg").astype(int) - RGB).mean() < 3


def test_sixteen_bits_are_rounded_to_eight(read):
    deep = np.array([[0, 128, 129, 257, 65535 - 129, 65535 - 128, 65535]], np.uint16)
    np.testing.assert_array_equal(read(encoded(Image.fromarray(deep), "PNG")), [[0, 0, 1, 1, 254, 255, 255]])


def test_every_value_of_sixteen_bits_is_rounded_to_the_nearest():
    every = np.arange(65536, dtype=np.uint16)
    np.testing.assert_array_equal(eight_bits(every), np.rint(every / 257.0))
    np.testing.assert_array_equal(eight_bits(every[:256].astype(np.uint8)), np.arange(256))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_dropped(read, mode):
    image = Image.fromarray(RGB).convert(mode)
    image.putalpha(Image.fromarray(SMOOTH))
    expected = RGB if mode == "RGBA" else np.asarray(image.getchannel("L"))[..., None].repeat(3, axis=2)
    np.testing.assert_array_equal(read(encoded(image, "PNG")), expected)


def test_palette_becomes_rgb(read):
    image = Image.fromarray(RGB).quantize(16)
    np.testing.assert_array_equal(read(encoded(image, "PNG")), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_orientation_is_applied(read, kind):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise
    upright = read(encoded(Image.fromarray(RGB), kind, exif=exif))
    assert np.abs(upright.astype(int) - np.rot90(RGB, -1)).mean() < 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF", "WEBP"])
def test_truncated_files_are_refused(read, kind):
    data = encoded(Image.fromarray(RGB), kind)
    for kept in (len(data) // 2, len(data) - 30):
        with pytest.raises(UsageError, match="photo.png: "):
            read(data[:kept])


def test_jpeg_is_not_taken_as_whole_because_its_thumbnail_is(read):
    exif = b"Exif\0\0" + encoded(Image.fromarray(SMOOTH), "JPEG")
    data = encoded(Image.fromarray(RGB), "JPEG", exif=exif)
    assert read(data).shape == RGB.shape
    with pytest.raises(UsageError, match="truncated"):
        read(data[:-20])


def test_bytes_after_the_image_do_no_harm(read):
    random = np.random.default_rng(0)
    jpeg = encoded(Image.fromarray(SMOOTH), "JPEG")
    trailers = [bytes(100), b"\xff\xda", jpeg, jpeg[: len(jpeg) // 2], jpeg[:-2]]
    trailers += [random.integers(0, 256, 70_000, np.uint8).tobytes() for _ in range(20)]
    # As of a camera that appends a film: most of these hold scans that no end follows.
    trailers += [random.choice([0xFF, 0xDA, 0xD8, 0xD9, 0x00], 5000).astype(np.uint8).tobytes() for _ in range(20)]
    for options in ({}, {"progressive": True}, {"exif": b"Exif\0\0" + jpeg}):
        whole = encoded(Image.fromarray(RGB), "JPEG", **options)
        for trailer in trailers:
            assert read(whole + trailer).shape == RGB.shape
    assert read(encoded(Image.fromarray(RGB), "PNG") + bytes(100)).shape == RGB.shape


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_is_whole_at_its_last_byte_and_not_before(read, progressive):
    data = encoded(Image.fromarray(RGB[:16, :16]), "JPEG", progressive=progressive)
    for kept in range(3, len(data)):
        with pytest.raises(UsageError):
            read(data[:kept])
    # What decoders skip between segments.
    assert read(data[:2] + b"\xff\xff\xff" + data[2:]).shape == (16, 16, 3)


def test_refusals_are_silent_but_for_their_one_line(read, capfd):
    for data in (b"no image at all", encoded(Image.fromarray(RGB), "PNG")[:-30], b"", b"BM" + bytes(20)):
        with pytest.raises(UsageError) as refusal:
            read(data)
        assert "\n" not in str(refusal.value)
    assert capfd.readouterr() == ("", "")


def png_header(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")


def test_enormous_images_are_refused_before_they_are_decoded(read):
    with pytest.raises(UsageError, match="20000 x 20000 pixels"):
        read(png_header(20000, 20000))
    data = encoded(Image.fromarray(RGB), "JPEG")
    frame = data.index(b"\xff\xc0") + 5
    with pytest.raises(UsageError, match="60000 x 50000 pixels"):
        read(data[:frame] + struct.pack(">HH", 50000, 60000) + data[frame + 4 :])


def test_a_small_file_is_no_large_photograph(read):
    # 2^25 pixels, whatever the file; then 32 for each of its bytes.
    with pytest.raises(UsageError, match="found 8000 x 8000 pixels, expected at most .* in 90 bytes"):
        read(png_header(8000, 8000) + bytes(90 - len(png_header(8000, 8000))))
    with pytest.raises(UsageError, match="broken image|no image that can be decoded"):
        read(png_header(5000, 5000))


def test_a_chunk_that_claims_more_than_there_is_is_refused_before_memory_is_taken(read):
    data = encoded(Image.fromarray(RGB), "PNG")
    place = data.index(b"IDAT") - 4
    with pytest.raises(UsageError, match="truncated"):
        read(data[:place] + struct.pack(">I", 2**31 - 1) + data[place + 4 :])


def test_floating_point_pixels_are_refused(read):
    with pytest.raises(UsageError, match="float32"):
        read(encoded(Image.fromarray(np.ones((4, 4), np.float32)), "TIFF"))


def test_what_is_not_there_or_a_folder_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "missing.png"):
        with pytest.raises(UsageError, match="cannot be read"):
            read_image(path)


def test_a_tiff_of_floating_point_colours_is_named_so(tmp_path):
    tifffile.imwrite(tmp_path / "x.tif", np.zeros((4, 5, 3), np.float32), photometric="rgb")
    with pytest.raises(UsageError, match="x.tif: found a TIFF of a kind .*expected 8 or 16 bits a channel"):
        read_image(tmp_path / "x.tif")
