"""EXIF: what a camera and its owner wrote beside a picture, as lists of tags whose values are copied and not decoded.

The format is that of TIFF (revision 6.0; CIPA DC-008 says which tags there are). It is read here, and not by Pillow, as
files are not to be trusted: of tags that overlap Pillow copies the same bytes again and again, and what it writes has
lost the letters that are not ASCII.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Iterable, Mapping

import numpy as np

# Type and bytes of a value, little-endian.
Tags = dict[int, tuple[int, bytes]]
# Largest size of all values together, and largest number of tags in a list.
MAX_BYTES, MAX_TAGS = 2**20, 1000
# Bytes of each type, and of the numbers that it consists of.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_UNITS = _SIZES | {5: 4, 10: 4}
# Type of a pointer to another list, as libtiff writes it.
_POINTER = 13
SHORT, LONG, UNDEFINED = 3, 4, 7

ORIENTATION, EXIF, GPS = 0x0112, 0x8769, 0x8825
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x011A, 0x011B, 0x0128
# Tags of the main list that describe the picture, not how a TIFF stores its pixels: description, maker, model,
# resolution, software, date, artist, host, rating, copyright, and the like by Windows.
_KEPT = {0x010E, 0x010F, 0x0110, 0x011A, 0x011B, 0x0128, 0x0131, 0x0132, 0x013B, 0x013C, 0x4746, 0x4749, 0x8298}
_KEPT |= set(range(0x9C9B, 0x9CA0))
# Tags of the exposure list that are wrong after restoring: compression, the maker's own notes (they point into the old
# file), the size in pixels, what is measured in pixels, and the list of interoperability.
_DROPPED = {0x9102, 0x9214, 0x927C, 0xA002, 0xA003, 0xA005, 0xA20E, 0xA20F, 0xA214}
# Descriptions by which tifffile, ImageJ and others find out how pixels are stored.
_OF_PROGRAMS = (b'{"shape":', b"shape=", b"ImageJ=", b"<?xml", b"<OME")


@dataclasses.dataclass(frozen=True)
class Exif:
    """Tags of a photograph, without its thumbnail.

    Attributes:
        main: those of the picture.
        exposure: those of the exposure.
        gps: those of the place.
        orientation: 1 to 8, which is not among the tags; 0 where it is not said.
    """

    main: Tags
    exposure: Tags
    gps: Tags
    orientation: int = 0

    def to_bytes(self) -> bytes:
        """Return the tags as a block of EXIF, empty where there are none."""
        if not (self.main or self.exposure or self.gps):
            return b""
        lists = laid_out(self.main, {EXIF: self.exposure, GPS: self.gps}, 8)
        return struct.pack("<2sHI", b"II", 42, 8) + lists


def read_exif(data: bytes) -> Exif:
    """Read the tags that are worth keeping.

    Args:
        data: a block of EXIF, or a whole TIFF file.

    Raises:
        ValueError: it is broken, or larger than `MAX_BYTES`.
    """
    data = data.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        raise ValueError("found no header of EXIF")
    main = _Reader(data, order)
    place = main.number(4, "I")
    found = main.tags(place, {*_KEPT, ORIENTATION, EXIF, GPS})
    orientation = found.pop(ORIENTATION, None)
    lists: list[Tags] = []
    for tag in (EXIF, GPS):
        pointer = found.pop(tag, None)
        lists.append(main.tags(struct.unpack("<I", pointer[1][:4])[0]) if pointer and len(pointer[1]) >= 4 else {})
    exposure, gps = lists
    if found.get(0x010E, (2, b""))[1].startswith(_OF_PROGRAMS):
        del found[0x010E]
    turn = struct.unpack("<H", orientation[1][:2])[0] if orientation and len(orientation[1]) >= 2 else 0
    exposure = {tag: value for tag, value in exposure.items() if tag not in _DROPPED}
    return Exif(found, exposure, gps, turn if turn <= 8 else 0)


class _Reader:
    """Reads lists of tags, and no more of all of them together than is allowed."""

    def __init__(self, data: bytes, order: str) -> None:
        self._data, self._order, self._left = data, order, MAX_BYTES

    def number(self, place: int, kind: str) -> int:
        if place + struct.calcsize(kind) > len(self._data):
            raise ValueError("found an end within a list of tags")
        (value,) = struct.unpack_from(self._order + kind, self._data, place)
        return int(value)

    def tags(self, place: int, wanted: Iterable[int] | None = None) -> Tags:
        """Read a list; those whose type is unknown are left out."""
        count = self.number(place, "H")
        if count > MAX_TAGS:
            raise ValueError(f"found {count} tags, expected at most {MAX_TAGS}")
        found: Tags = {}
        for entry in range(place + 2, place + 2 + 12 * count, 12):
            tag, kind, length = self.number(entry, "H"), self.number(entry + 2, "H"), self.number(entry + 4, "I")
            if kind == _POINTER and tag in (EXIF, GPS):
                kind = LONG
            if kind not in _SIZES or (wanted is not None and tag not in wanted):
                continue
            size = length * _SIZES[kind]
            start = entry + 8 if size <= 4 else self.number(entry + 8, "I")
            self._left -= size
            if start + size > len(self._data) or self._left < 0:
                raise ValueError(f"found a tag of {size:,} bytes, expected {MAX_BYTES:,} of all of them at most")
            found[tag] = kind, self._little(self._data[start : start + size], _UNITS[kind])
        return found

    def _little(self, value: bytes, unit: int) -> bytes:
        if self._order == "<" or unit == 1:
            return value
        return b"".join(value[first : first + unit][::-1] for first in range(0, len(value), unit))


def laid_out(main: Tags, others: Mapping[int, Tags], place: int) -> bytes:
    """Write lists of tags, little-endian, the values behind each list.

    Args:
        main: the main list.
        others: lists that the main one points to, by the tag that does; empty ones are left out.
        place: where in the file the bytes will be, an even number.

    Returns:
        The bytes.
    """
    others = {tag: tags for tag, tags in others.items() if tags}
    parts, after = [], place + _length(main | {tag: (LONG, bytes(4)) for tag in others})
    pointers: Tags = {}
    for tag, tags in others.items():
        pointers[tag] = LONG, struct.pack("<I", after)
        parts.append(_list(tags, after))
        after += _length(tags)
    return b"".join([_list(main | pointers, place), *parts])


def _length(tags: Tags) -> int:
    return 6 + 12 * len(tags) + sum(len(value) + len(value) % 2 for _, value in tags.values() if len(value) > 4)


def _list(tags: Tags, place: int) -> bytes:
    """Write one list; of a TIFF tags are in the order of their numbers, and values at even places."""
    entries, values = struct.pack("<H", len(tags)), b""
    for tag, (kind, value) in sorted(tags.items()):
        entries += struct.pack("<HHI", tag, kind, len(value) // _SIZES[kind])
        if len(value) <= 4:
            entries += value.ljust(4, b"\0")
            continue
        entries += struct.pack("<I", place + 6 + 12 * len(tags) + len(values))
        values += value + bytes(len(value) % 2)
    return entries + bytes(4) + values


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn pixels [H, W] or [H, W, C] by an orientation of EXIF, 1 to 8."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels[:, ::-1] if orientation in (2, 3, 6, 7) else pixels
