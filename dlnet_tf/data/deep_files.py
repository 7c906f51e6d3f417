"""PNG and TIFF files of 16 bits a channel with a colour profile, which neither Pillow nor OpenCV writes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

# Rows that are compressed at a time.
ROWS = 64
LEVEL = 3
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def _channels(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.ndim == 3 else pixels[..., None]


def write_png(file: BinaryIO, pixels: np.ndarray, profile: bytes | None = None) -> None:
    """Write a PNG (ISO/IEC 15948).

    Args:
        file: open for writing.
        pixels: uint16 [H, W] or [H, W, C]: gray, gray and alpha, RGB, or RGB and alpha.
        profile: ICC profile.
    """
    height, width, channels = _channels(pixels).shape

    def chunk(kind: bytes, data: bytes) -> None:
        file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))

    file.write(b"\x89PNG\r\n\x1a\n")
    chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPES[channels], 0, 0, 0))
    if profile:
        chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile))
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


def write_tiff(file: BinaryIO, pixels: np.ndarray, profile: bytes | None = None) -> None:
    """Write a TIFF (Adobe, TIFF revision 6.0) of strips that are packed by Deflate with horizontal differences.

    Args:
        file: open for writing, with a position that can be set.
        pixels: uint16 [H, W] or [H, W, C]: gray, RGB, or RGB and alpha.
        profile: ICC profile.
    """
    pixels = _channels(pixels)
    height, width, channels = pixels.shape
    file.write(struct.pack("<2sHI", b"II", 42, 0))
    offsets, sizes = [], []
    for strip in _strips(pixels):
        offsets.append(file.tell())
        sizes.append(len(strip))
        file.write(strip)
    # Type 3 is 16 bits, 4 is 32 bits, 7 is bytes.
    tags: list[tuple[int, int, list[int] | bytes]] = [
        (256, 4, [width]),
        (257, 4, [height]),
        (258, 3, [16] * channels),
        (259, 3, [8]),
        (262, 3, [1 if channels == 1 else 2]),
        (273, 4, offsets),
        (277, 3, [channels]),
        (278, 4, [ROWS]),
        (279, 4, sizes),
        (284, 3, [1]),
        (317, 3, [2]),
    ]
    # Alpha that the colours are not multiplied by.
    tags += [(338, 3, [2])] if channels == 4 else []
    tags += [(34675, 7, profile)] if profile else []
    entries = b""
    for tag, kind, values in tags:
        count = len(values)
        data = values if isinstance(values, bytes) else struct.pack(f"<{count}{'H' if kind == 3 else 'I'}", *values)
        if len(data) > 4:
            file.write(bytes(file.tell() % 2))
            place = file.tell()
            file.write(data)
            data = struct.pack("<I", place)
        entries += struct.pack("<HHI4s", tag, kind, count, data)
    file.write(bytes(file.tell() % 2))
    directory = file.tell()
    file.write(struct.pack("<H", len(tags)) + entries + bytes(4))
    file.seek(4)
    file.write(struct.pack("<I", directory))


def _strips(pixels: np.ndarray) -> Iterator[bytes]:
    for first in range(0, len(pixels), ROWS):
        differences = pixels[first : first + ROWS].astype("<u2")
        differences[:, 1:] -= pixels[first : first + ROWS, :-1]
        yield zlib.compress(differences.tobytes(), LEVEL)
