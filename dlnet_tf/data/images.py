"""Reading one image file as 8-bit pixels, or saying in one line why not."""

from __future__ import annotations

import os
import pathlib
import struct
from collections.abc import Iterator

import cv2
import numpy as np

from dlnet_tf.errors import UsageError

MAX_PIXELS = 2**28

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB\x60\x82"
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
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


def _is_cut_short(data: bytes) -> bool:
    # Some versions of OpenCV fill the missing part of a JPEG with grey and return it as if all were well.
    if data.startswith(_PNG_START):
        return _PNG_END not in data
    if data.startswith(_JPEG_START):
        # A thumbnail in the header has scans and an end of its own, and a camera may append a film with such bytes.
        scan = next((position for marker, position in _segments(data) if marker == _SCAN), len(data))
        return data.find(_JPEG_END, scan) < 0
    return False


def _size_in_header(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or JPEG, in which a small file can unpack to an enormous image."""
    if data.startswith(_PNG_START) and len(data) >= 24:
        return struct.unpack(">II", data[16:24])
    if not data.startswith(_JPEG_START):
        return None
    for marker, position in _segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a start of frame
            height, width = data[position + 5 : position + 7], data[position + 7 : position + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
    return None


def _decode(path: pathlib.Path, data: bytes, flags: int) -> np.ndarray:
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


def _to_eight_bit(path: pathlib.Path, image: np.ndarray) -> np.ndarray:
    if image.dtype == np.uint16:
        return np.rint(image / 257.0).astype(np.uint8)
    if image.dtype != np.uint8:
        raise UsageError(f"{path}: found {image.dtype} pixels, expected 8 or 16 bits a channel")
    return image


def _read_bytes(path: pathlib.Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    if not data:
        raise UsageError(f"{path}: found 0 bytes, expected an image")
    size = _size_in_header(data)
    if size and size[0] * size[1] > MAX_PIXELS:
        raise UsageError(f"{path}: found {size[0]} x {size[1]} pixels, at most {MAX_PIXELS:,} expected")
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
    image = _to_eight_bit(path, _decode(path, _read_bytes(path), cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH))
    return image if image.ndim == 2 else np.ascontiguousarray(image[..., ::-1])


def has_alpha(path: str | os.PathLike[str]) -> bool:
    """Tell whether an image file has an alpha channel, which `read_image` drops; raises as it does."""
    path = pathlib.Path(path)
    image = _decode(path, _read_bytes(path), cv2.IMREAD_UNCHANGED)
    return image.ndim == 3 and image.shape[2] == 4
