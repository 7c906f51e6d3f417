"""PNG files of 16 bits a channel and TIFF files with metadata, which neither Pillow nor OpenCV writes as they are."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from dlnet_tf.imagefiles.exif import LONG, SHORT, UNDEFINED, Tags
from dlnet_tf.imagefiles.metadata import NOTHING, Metadata

# Rows that are compressed at a time.
ROWS = 64
LEVEL = 3
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def _channels(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.ndim == 3 else pixels[..., None]


def write_png(file: BinaryIO, pixels: np.ndarray, profile: bytes | None = None, metadata: Metadata = NOTHING) -> None:
    """Write a PNG (ISO/IEC 15948).

    Args:
        file: open for writing.
        pixels: uint16 [H, W] or [H, W, C]: gray, gray and alpha, RGB, or RGB and alpha.
        profile: ICC profile.
        metadata: what else is known of the picture.
    """
    height, width, channels = _channels(pixels).shape

    def chunk(kind: bytes, data: bytes) -> None:
        file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))

    file.write(b"\x89PNG\r\n\x1a\n")
    chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPES[channels], 0, 0, 0))
    if profile:
        chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile))
    if metadata.dpi:
        chunk(b"pHYs", struct.pack(">IIB", *(round(dots / 0.0254) for dots in metadata.dpi), 1))
    if block := metadata.block():
        chunk(b"eXIf", block)
    if metadata.xmp:
        chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + metadata.xmp)
    packer = zlib.compressobj(LEVEL)
    above = np.zeros((1, 2 * channels * width), np.uint8)
    for first in range(0, height, ROWS):
        rows = pixels[first : first + ROWS].astype(">u2").view(np.uint8).reshape(-1, above.shape[1])
        filtered = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
        # Filter "up": what a row adds to the one above it.
        filtered[:, 0] = 2
        filtered[:, 1:] = rows - np.concatenate([above, rows[:-1]])
        above = rows[-1:]
        chunk(b"IDAT", packer.compress(filtered.tobytes()))
    chunk(b"IDAT", packer.flush())
    chunk(b"IEND", b"")


def write_tiff(file: BinaryIO, pixels: np.ndarray, profile: bytes | None = None, metadata: Metadata = NOTHING) -> None:
    """Write a TIFF (Adobe, TIFF revision 6.0) of strips that are packed by Deflate with horizontal differences.

    Args:
        file: open for writing, with a position that can be set.
        pixels: uint8 or uint16, [H, W] or [H, W, C]: gray, gray and alpha, RGB, or RGB and alpha.
        profile: ICC profile.
        metadata: what else is known of the picture.
    """
    pixels = _channels(pixels)
    height, width, channels = pixels.shape
    file.write(struct.pack("<2sHI", b"II", 42, 0))
    offsets, sizes = [], []
    for strip in _strips(pixels):
        offsets.append(file.tell())
        sizes.append(len(strip))
        file.write(strip)
    numbers = [
        (256, LONG, [width]),
        (257, LONG, [height]),
        (258, SHORT, [8 * pixels.itemsize] * channels),
        (259, SHORT, [8]),
        (262, SHORT, [1 if channels < 3 else 2]),
        (273, LONG, offsets),
        (277, SHORT, [channels]),
        (278, LONG, [ROWS]),
        (279, LONG, sizes),
        (284, SHORT, [1]),
        (317, SHORT, [2]),
    ]
    # Alpha that the colours are not multiplied by.
    numbers += [(338, SHORT, [2])] if channels in (2, 4) else []
    tags: Tags = {
        tag: (kind, struct.pack(f"<{len(values)}{'H' if kind == SHORT else 'I'}", *values))
        for tag, kind, values in numbers
    }
    tags |= {34675: (UNDEFINED, profile)} if profile else {}
    file.write(bytes(file.tell() % 2))
    place = file.tell()
    file.write(metadata.directory(tags, place))
    file.seek(4)
    file.write(struct.pack("<I", place))


def _strips(pixels: np.ndarray) -> Iterator[bytes]:
    for first in range(0, len(pixels), ROWS):
        differences = pixels[first : first + ROWS].astype(f"<u{pixels.itemsize}")
        differences[:, 1:] -= pixels[first : first + ROWS, :-1]
        yield zlib.compress(differences.tobytes(), LEVEL)
