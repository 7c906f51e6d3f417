"""Reading one image file as 8-bit pixels, or saying in one line why not."""

from __future__ import annotations

import io
import os
import pathlib
import warnings
from collections.abc import Iterator

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from dlnet_tf.errors import UsageError, quoted

MAX_PIXELS = 2**27
# A file of few bytes is no photograph of so many pixels; a mask of few shapes may well be a small one.
FREE_PIXELS, PIXELS_PER_BYTE = 2**25, 32

_PNG_START = b"\x89PNG\r\n\x1a\n"
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_SCAN = 0xDA


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Walk a JPEG's header: (marker, position) of every segment up to the first scan."""
    position = 2
    # As decoders do, skip what may stand between segments: more of 0xFF, and strangers.
    while 0 <= (position := data.find(0xFF, position)) <= len(data) - 4:
        marker = data[position + 1]
        if marker in (0x00, 0xFF):
            position += 1
            continue
        yield marker, position
        if marker == _SCAN:
            return
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")


def _ends_before_its_chunks(data: bytes) -> bool:
    """Walk a PNG to its end; OpenCV takes memory for what a chunk claims to hold."""
    position = len(_PNG_START)
    while position + 12 <= len(data):
        kind = data[position + 4 : position + 8]
        position += 12 + int.from_bytes(data[position : position + 4], "big")
        if kind == b"IEND":
            return position > len(data)
    return True


def _is_cut_short(data: bytes) -> bool:
    # Some versions of OpenCV fill the missing part of a JPEG with grey and return it as if all were well.
    if data.startswith(_PNG_START):
        return _ends_before_its_chunks(data)
    if data.startswith(_JPEG_START):
        # A thumbnail in the header has scans and an end of its own, and a camera may append a film with such bytes.
        scan = next((position for marker, position in _segments(data) if marker == _SCAN), len(data))
        return data.find(_JPEG_END, scan) < 0
    return False


def open_header(path: pathlib.Path, data: bytes) -> Image.Image:
    """Read what an image file says about itself, with Pillow, before anything is decoded.

    Args:
        path: for the message.
        data: the file's bytes.

    Returns:
        An image whose pixels are not there yet.

    Raises:
        UsageError: it is no image, or has more pixels than fit in memory or than its bytes account for: a small file
            can unpack to an enormous image.
    """
    limit = Image.MAX_IMAGE_PIXELS
    try:
        # The limit is ours, and Pillow's would come with a warning.
        Image.MAX_IMAGE_PIXELS = None
        with warnings.catch_warnings(action="ignore"):  # of EXIF that is broken
            image = Image.open(io.BytesIO(data))
    except Exception as error:  # Pillow raises whatever its reader meets in a broken file
        if isinstance(error, UnidentifiedImageError) and data[:4] in _TIFF_STARTS:
            raise UsageError(
                f"{path}: found a TIFF of a kind that cannot be read (of floating-point colours?), expected 8 or 16 "
                "bits a channel, gray or RGB"
            ) from None
        reason = "" if isinstance(error, UnidentifiedImageError) else f" ({quoted(error)})"
        raise UsageError(
            f"{path}: found no image that can be decoded{reason}, expected PNG, JPEG, WebP, TIFF or BMP"
        ) from None
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    allowed = min(MAX_PIXELS, FREE_PIXELS + PIXELS_PER_BYTE * len(data))
    if image.width * image.height > allowed:
        raise UsageError(
            f"{path}: found {image.width} x {image.height} pixels, expected at most {allowed:,} in {len(data):,} bytes"
        )
    return image


# Beside Pillow, which reads headers, photographs of 8 bits and thumbnails: it has no colours of 16 bits, and masks and
# training images may be as deep as photographs.
def decode(path: pathlib.Path, data: bytes, flags: int) -> np.ndarray:
    """Decode an image file with OpenCV's flags, or raise UsageError; path is for the message."""
    logging = cv2.utils.logging
    level = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)  # the one line is ours
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise UsageError(f"{path}: broken image ({error.err})") from None
    finally:
        logging.setLogLevel(level)
    if image is None:
        raise UsageError(f"{path}: found no image that can be decoded, expected PNG, JPEG or the like")
    return image


def eight_bits(pixels: np.ndarray) -> np.ndarray:
    """Round uint16 pixels to 8 bits, v / 257; uint8 ones are returned as they are."""
    if pixels.dtype == np.uint8:
        return pixels
    # In integers, as photographs may be large.
    return (pixels // 257 + (pixels % 257 > 128)).astype(np.uint8)


def read_bytes(path: pathlib.Path) -> bytes:
    """Read a file that is an image as far as its header and its end say; raises UsageError as `read_image` does."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    if not data:
        raise UsageError(f"{path}: found 0 bytes, expected an image")
    open_header(path, data).close()
    if _is_cut_short(data):
        raise UsageError(f"{path}: truncated, found {len(data):,} bytes without the end of the image")
    return data


def read_image(path: str | os.PathLike[str]) -> np.ndarray:
    """Read an image file upright, in 8 bits.

    Orientation in EXIF is applied, an alpha channel is dropped, palettes and CMYK become RGB, 16 bits a
    channel are rounded to 8 (65535 becomes 255).

    Args:
        path: a file of any format that OpenCV decodes.

    Returns:
        uint8 [H, W] for a single-channel file, else uint8 [H, W, 3] RGB.

    Raises:
        UsageError: the file cannot be read, is empty, truncated, too large, or no image of 8 or 16 bits.
    """
    path = pathlib.Path(path)
    image = decode(path, read_bytes(path), cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH)
    if image.dtype not in (np.uint8, np.uint16):
        raise UsageError(f"{path}: found {image.dtype} pixels, expected 8 or 16 bits a channel")
    return eight_bits(image if image.ndim == 2 else np.ascontiguousarray(image[..., ::-1]))
