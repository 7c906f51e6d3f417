"""Numbers in MATLAB's .mat files of version 5, read in bounds: SciPy's reader crashes on broken ones.

The format: a header of 128 bytes, then elements, each a tag (type, number of bytes) and data. A variable is an element
of elements: class and flags, dimensions, name, numbers by columns. It may be packed by zlib.
https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
"""

from __future__ import annotations

import dataclasses
import struct
import zlib

import numpy as np

HEADER = 128
# Types of elements.
_MATRIX, _COMPRESSED = 14, 15
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
# Classes of variables: double, single, and integers; cells, structures, text and objects are others.
_NUMERIC = range(6, 16)
_COMPLEX = 0x0800


@dataclasses.dataclass(frozen=True)
class Variable:
    """A variable of real numbers.

    Attributes:
        shape: shape of the array.
        dtype: dtype of the numbers as they are stored.
        data: the numbers by columns; fewer than the shape asks for where they were not unpacked.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    data: bytes

    def numbers(self) -> np.ndarray:
        """Return the array, or raise ValueError where numbers are missing."""
        return np.frombuffer(self.data, self.dtype).reshape(self.shape, order="F")


def read_variables(data: bytes, max_bytes: int) -> dict[str, Variable]:
    """Read the variables of real numbers of a file; others are left out.

    Args:
        data: the file's bytes.
        max_bytes: how many bytes of a packed variable are unpacked at most.

    Returns:
        The variables by name.

    Raises:
        ValueError: it is no such file, or broken.
    """
    order = {b"IM": "<", b"MI": ">"}.get(data[HEADER - 2 : HEADER])
    if order is None or data[HEADER - 3 if order == "<" else HEADER - 4] != 1:
        raise ValueError("no file of version 5 or 7.3")
    found = {}
    position = HEADER
    while position < len(data):
        kind, content, position = _element(data, position, order)
        if kind == _COMPRESSED:
            try:
                unpacked = zlib.decompressobj().decompress(content, max_bytes)
            except zlib.error as error:
                raise ValueError(str(error)) from None
            (kind,), content = struct.unpack_from(order + "I", unpacked.ljust(8)), unpacked[8:]
        if kind == _MATRIX and (named := _variable(content, order)):
            found[named[0]] = named[1]
    return found


def _element(data: bytes, position: int, order: str, whole: bool = True) -> tuple[int, bytes, int]:
    """Return type and content of an element, and where the next one starts."""
    if position + 8 > len(data):
        raise ValueError("cut short")
    kind, size = struct.unpack_from(order + "II", data, position)
    if kind >> 16:  # up to four bytes stand in the tag itself
        kind, size = kind & 0xFFFF, kind >> 16
        start, following = position + 4, position + 8
    else:
        start = position + 8
        following = start + size if kind == _COMPRESSED else start + -(-size // 8) * 8
    if size > 4 and following == position + 8 or whole and start + size > len(data):
        raise ValueError("cut short")
    return kind, data[start : start + size], following


def _variable(content: bytes, order: str) -> tuple[str, Variable] | None:
    """Read a variable; None if it is not of real numbers."""
    _, flags, position = _element(content, 0, order)
    if len(flags) != 8:
        raise ValueError("a variable without flags")
    (word,) = struct.unpack_from(order + "I", flags)
    if word & 0xFF not in _NUMERIC or word & _COMPLEX:
        return None
    _, sizes, position = _element(content, position, order)
    _, name, position = _element(content, position, order)
    kind, numbers, _ = _element(content, position, order, whole=False)
    if kind not in _NUMBERS or len(sizes) % 4:
        raise ValueError("a variable without numbers")
    shape = struct.unpack(f"{order}{len(sizes) // 4}i", sizes)
    return name.decode("ascii", "replace"), Variable(shape, np.dtype(order + _NUMBERS[kind]), numbers)
