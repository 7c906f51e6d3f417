"""Images in the `images` array of an .npz file, streamed from it one by one."""

from __future__ import annotations

import contextlib
import pathlib
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

import numpy as np

from dlnet_tf.data.sources import Item, file_stamp
from dlnet_tf.data.thumbnails import MAX_BYTES
from dlnet_tf.errors import UsageError, quoted

KEY = "images"
# Beyond it, an image takes a byte of the file at the least.
FREE_IMAGES = 2**20
EXPECTED = f"an array `{KEY}` of uint8 [N, H, W, 3], or floating in [0, 1]"


class ArraySource:
    """The rows of the array `images` of an .npz file, as in the authors' code; nothing in it is unpickled.

    Args:
        path: the file.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self.place = str(path)
        self._path = path

    def stamp(self) -> str:
        """Return name, size and time of change of the file."""
        return file_stamp(self._path, self._path.name)

    def names(self) -> list[str]:
        """Return the indices, with leading zeros.

        Raises:
            UsageError: the file is broken, or holds no such array of images.
        """
        with self._open() as (_, shape, _):
            return [f"{index:08d}" for index in range(shape[0])]

    def read(self, start: int) -> Iterator[Item]:
        """Yield the rows, those in [0, 1] rounded to uint8."""
        with self._open() as (file, shape, dtype):
            size = int(np.prod(shape[1:])) * dtype.itemsize
            for index in range(shape[0]):
                data = file.read(size)
                if len(data) < size:
                    raise UsageError(f"{self._path}: truncated, found {index} of {shape[0]} images")
                if index < start:
                    continue
                row = np.frombuffer(data, dtype).reshape(shape[1:])
                if dtype != np.uint8:
                    if not (row.min() >= 0 and row.max() <= 1):
                        found = f"{row.min():g} to {row.max():g} in image {index}"
                        raise UsageError(f"{self._path}: found values of {found}, expected {EXPECTED}")
                    row = np.rint(row * 255.0).astype(np.uint8)
                yield row

    @contextlib.contextmanager
    def _open(self) -> Iterator[tuple[IO[bytes], tuple[int, ...], np.dtype]]:
        """Open the array behind its header."""
        try:
            with zipfile.ZipFile(self._path) as archive:
                if f"{KEY}.npy" not in archive.namelist():
                    found = quoted(", ".join(name.removesuffix(".npy") for name in archive.namelist()[:8])) or "nothing"
                    raise UsageError(f"{self._path}: found {found}, expected {EXPECTED}")
                with archive.open(f"{KEY}.npy") as file:
                    shape, dtype = self._header(file)
                    size = archive.getinfo(f"{KEY}.npy").file_size - file.tell()
                    # Every image has a name in memory, before the first of them is read.
                    if shape[0] > max(FREE_IMAGES, self._path.stat().st_size) or shape[0] > size:
                        raise UsageError(f"{self._path}: found a header of {shape[0]:,} images in {size:,} bytes")
                    yield file, shape, dtype
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, UnicodeDecodeError) as error:
            raise UsageError(f"{self._path}: broken, expected an .npz file ({quoted(error)})") from None

    def _header(self, file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
        try:
            version = np.lib.format.read_magic(file)
            header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
            shape, by_columns, dtype = header[version](file)
        except (ValueError, KeyError, SyntaxError, tokenize.TokenError) as error:
            raise UsageError(f"{self._path}: broken header ({quoted(error)}), expected {EXPECTED}") from None
        known = dtype == np.uint8 or np.issubdtype(dtype, np.floating)
        if not known or len(shape) != 4 or shape[3] != 3 or min(shape[1:]) < 1 or by_columns:
            kind = "objects" if dtype.hasobject else f"{dtype}{' in Fortran order' if by_columns else ''}"
            raise UsageError(f"{self._path}: found {kind} {list(shape)}, expected {EXPECTED}")
        if int(np.prod(shape[1:], dtype=object)) * dtype.itemsize > MAX_BYTES:
            size = f"{shape[2]} x {shape[1]} pixels"
            raise UsageError(f"{self._path}: found images of {size}, expected at most {MAX_BYTES:,} bytes each")
        return shape, dtype
