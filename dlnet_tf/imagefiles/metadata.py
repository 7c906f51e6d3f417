"""What a photograph file says beside its pixels: EXIF, XMP and dots per inch, of the upright picture."""

from __future__ import annotations

import dataclasses
import math
import pathlib
import re
import struct
from typing import Any

from PIL import Image

from dlnet_tf.imagefiles.exif import (
    EXIF,
    GPS,
    RESOLUTION_UNIT,
    X_RESOLUTION,
    Y_RESOLUTION,
    Exif,
    Tags,
    laid_out,
    read_exif,
)

_BIG = (b"II+\0", b"MM\0+")
MAX_XMP = 2**20
MAX_DPI = 65535
# Entries of XMP that are wrong after restoring. The values are short, which keeps the search quick.
_STALE = rb"(?:tiff:Orientation|tiff:ImageWidth|tiff:ImageLength|exif:PixelXDimension|exif:PixelYDimension)"
_STALE_XMP = re.compile(rb"\s%b=(?:\"[^\"<]{0,50}\"|'[^'<]{0,50}')|<%b>[^<]{0,50}</%b>" % (_STALE, _STALE, _STALE))
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:=[\"']|>)([1-8])[\"'<]")
# Pillow's name for the resource in which Photoshop keeps IPTC, and the tag of a TIFF.
_IPTC_OF_PHOTOSHOP, _IPTC_OF_TIFF = 0x0404, 33723
# Texts of a PNG that are read as something else.
_READ_AS_OTHERS = {"XML:com.adobe.xmp", "Raw profile type exif"}
MAX_NAMED = 5
_THUMBNAILS = b"<xmp:Thumbnails", b"</xmp:Thumbnails>"


@dataclasses.dataclass(frozen=True)
class Metadata:
    """What a file says of a picture.

    Attributes:
        exif: date, camera, place, copyright and the like.
        xmp: a packet of XML.
        dpi: dots per inch along a row and along a column.
    """

    exif: Exif | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None

    def block(self, with_dpi: bool = False) -> bytes:
        """Return a block of EXIF, empty without any; `with_dpi` for what has no other place for the resolution."""
        exif = self.exif or Exif({}, {}, {})
        return Exif((self.resolution() if with_dpi else {}) | exif.main, exif.exposure, exif.gps).to_bytes()

    def directory(self, structure: Tags, place: int) -> bytes:
        """Return the directory of a TIFF with the tags of its structure, to be written at an even place."""
        exif = self.exif or Exif({}, {}, {})
        xmp: Tags = {700: (1, self.xmp)} if self.xmp else {}
        return laid_out(self.resolution() | exif.main | xmp | structure, {EXIF: exif.exposure, GPS: exif.gps}, place)

    def resolution(self) -> Tags:
        """Return the dots per inch as tags of EXIF."""
        if not self.dpi:
            return {}
        x, y = (struct.pack("<II", round(1000 * dots), 1000) for dots in self.dpi)
        return {X_RESOLUTION: (5, x), Y_RESOLUTION: (5, y), RESOLUTION_UNIT: (3, struct.pack("<H", 2))}


NOTHING = Metadata()


def read_metadata(path: pathlib.Path, image: Image.Image, data: bytes) -> tuple[Metadata, int, list[str]]:
    """Read what a file says, as far as it can be kept.

    Args:
        path: for the notes.
        image: the file, opened by Pillow.
        data: its bytes.

    Returns:
        The metadata of the upright picture; the orientation by which it becomes so, 1 to 8; what is left out since it
        is broken, too large or of a kind that is not kept, in words that name the file.
    """
    notes = []
    exif, orientation = None, 0
    if block := _block(image, data):
        try:
            exif = read_exif(block)
            exif, orientation = dataclasses.replace(exif, orientation=0), exif.orientation
        except ValueError as error:
            notes.append(f"{path}: its EXIF is left out ({error})")
    xmp = image.info.get("xmp")
    xmp = xmp if isinstance(xmp, bytes) else b""
    if not orientation and (told := _XMP_ORIENTATION.search(xmp[:MAX_XMP])):
        orientation = int(told[1])
    if xmp and (refusal := _refusal(xmp)):
        notes.append(f"{path}: its XMP is left out ({refusal})")
        xmp = b""
    # Pillow takes the resolution along a row for both of them where EXIF alone tells it.
    dpi = None
    if not (exif and _unit(exif.main) == 1):
        # If a TIFF has no resolution, Pillow reports one dot per inch.
        says = image.format != "TIFF" or X_RESOLUTION in image.tag_v2  # type: ignore[attr-defined]
        dpi = (exif and _resolution(exif.main)) or (_dpi(image.info.get("dpi")) if says else None)
    notes += [f"{path}: its {what} left out" for what in _not_kept(image)]
    orientation = orientation or 1
    if orientation >= 5:
        dpi = dpi and dpi[::-1]
        exif = exif and _swapped(exif)
    return Metadata(exif, _cleaned(xmp) or None, dpi), orientation, notes


def _block(image: Image.Image, data: bytes) -> bytes:
    """Return the EXIF of an image, of which a TIFF is one as a whole; a BigTIFF is laid out in another way."""
    if image.format == "TIFF":
        return b"" if data[:4] in _BIG else data
    if block := image.info.get("exif"):
        return bytes(block)
    # As ImageMagick wrote it into PNG before that had a place for it: in hexadecimal, below three lines.
    text = image.info.get("Raw profile type exif")
    if not isinstance(text, str):
        return b""
    try:
        return bytes.fromhex("".join(text.split("\n")[3:]))
    except ValueError:
        return text.encode()


def _not_kept(image: Image.Image) -> list[str]:
    """Name what a file says that is neither EXIF nor XMP."""
    found = []
    if image.format in ("GIF", "JPEG") and image.info.get("comment"):
        found.append("comment is")
    if _IPTC_OF_PHOTOSHOP in (image.info.get("photoshop") or {}) or _IPTC_OF_TIFF in getattr(image, "tag_v2", {}):
        found.append("IPTC is")
    if image.format == "PNG":
        texts = [str(key) for key, value in image.info.items() if isinstance(value, str) and key not in _READ_AS_OTHERS]
        # A file could write anything to the terminal.
        names = ["".join(sign if sign.isprintable() else "?" for sign in key) for key in texts[:MAX_NAMED]]
        if texts:
            more = f" and {len(texts) - MAX_NAMED} more" if len(texts) > MAX_NAMED else ""
            found.append(f"text ({', '.join(names)}{more}) is")
    return found


def _swapped(exif: Exif) -> Exif:
    """Exchange what holds along a row with what holds along a column."""
    main = dict(exif.main)
    x, y = main.pop(X_RESOLUTION, None), main.pop(Y_RESOLUTION, None)
    main |= {tag: value for tag, value in ((X_RESOLUTION, y), (Y_RESOLUTION, x)) if value}
    return dataclasses.replace(exif, main=main)


def _refusal(xmp: bytes) -> str:
    """Return why a packet is not kept, empty if it is."""
    if len(xmp) > MAX_XMP:
        return f"found {len(xmp):,} bytes, expected {MAX_XMP:,} at most"
    try:
        text = xmp.decode()
    except UnicodeDecodeError:
        return "found bytes that are no UTF-8"
    # Whoever reads it should not have to expand anything.
    return "" if "<rdf:RDF" in text and "<!" not in text and "\0" not in text else "found no plain RDF"


def _cleaned(xmp: bytes) -> bytes:
    """Take out what holds for the old file alone: orientation, size and thumbnails."""
    xmp = _STALE_XMP.sub(b"", xmp)
    start, end = _THUMBNAILS
    first, last = xmp.find(start), xmp.rfind(end)
    return xmp[:first] + xmp[last + len(end) :] if 0 <= first < last else xmp


def _resolution(main: Tags) -> tuple[float, float] | None:
    """Return the dots per inch that EXIF tells."""
    values = [main.get(tag, (0, b"")) for tag in (X_RESOLUTION, Y_RESOLUTION)]
    if any(kind != 5 or len(value) != 8 for kind, value in values):
        return None
    numbers = [struct.unpack("<II", value) for _, value in values]
    per_inch = 2.54 if _unit(main) == 3 else 1.0
    return _dpi([per_inch * above / max(below, 1) for above, below in numbers])


def _unit(main: Tags) -> int:
    """Return what dots are counted per: 1, nothing, as they are a ratio alone; 2, an inch, also if unsaid; 3, a cm."""
    value = main.get(RESOLUTION_UNIT, (3, b""))[1][:2]
    return int.from_bytes(value, "little") if len(value) == 2 else 2


def _dpi(found: Any) -> tuple[float, float] | None:
    try:
        x, y = (float(dots) for dots in found)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return (x, y) if all(math.isfinite(dots) and 1 <= dots <= MAX_DPI for dots in (x, y)) else None
