"""Photograph files with all that they hold of a picture: depth, alpha, profile, EXIF; upright, in gray or RGB."""

from __future__ import annotations

import dataclasses
import io
import os
import pathlib
import warnings
from collections.abc import Callable
from typing import Any, BinaryIO

import cv2
import numpy as np
from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin

from dlnet_tf.errors import UsageError, quoted
from dlnet_tf.files import write_atomically
from dlnet_tf.imagefiles import deep_files
from dlnet_tf.imagefiles.exif import upright
from dlnet_tf.imagefiles.images import decode, eight_bits, open_header, read_bytes
from dlnet_tf.imagefiles.jpeg_noise import jpeg_noise
from dlnet_tf.imagefiles.metadata import NOTHING, Metadata, read_metadata
from dlnet_tf.imagefiles.on_screen import on_white

# They hold gray and colour alike.
OUTPUT_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
DEEP, WITH_ALPHA = (".png", ".tif", ".tiff"), (".png", ".tif", ".tiff", ".webp")
WITHOUT_PROFILE = (".bmp",)
# Bytes of EXIF and of XMP.
LARGEST_METADATA = {".bmp": 0, ".jpeg": 65000, ".jpg": 65000}
# Pixels along an axis.
LARGEST = {".jpeg": 65500, ".jpg": 65500, ".webp": 16383}
# Bytes of pixels, without compression, that stay below 4 GiB, where an offset ends.
LARGEST_PICTURE = dict.fromkeys((".bmp", ".tif", ".tiff"), 2**32 - 2**20)
_FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    ".bmp": ("BMP", {}),
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}),
    # Level 6 takes several times as long, for a few percent.
    ".png": ("PNG", {"compress_level": 3}),
    ".webp": ("WEBP", {"lossless": True, "exact": True}),
}
# Pixels that are not gray, RGB or a palette of these become RGB.
_CONVERTED = {"CMYK": "CMYK", "YCbCr": "YCbCr", "LAB": "Lab"}


@dataclasses.dataclass(frozen=True)
class Photograph:
    """A picture in memory.

    Attributes:
        pixels: uint8 or uint16, [H, W] or [H, W, C]: gray, gray and alpha, RGB, or RGB and alpha.
        profile: ICC profile that says what the colours are.
        metadata: EXIF, XMP and dots per inch.
        notes: what of the file is not in the picture, in words.
        noise_sigma: standard deviation of what JPEG did to the luminance, where white is 1; None for other files.
    """

    pixels: np.ndarray
    profile: bytes | None = None
    metadata: Metadata = NOTHING
    notes: tuple[str, ...] = ()
    noise_sigma: float | None = None

    @property
    def shown(self) -> np.ndarray:
        """The pixels as a screen shows them, on white: uint8, [H, W] gray or [H, W, 3] RGB."""
        return on_white(self.pixels)


def read_photograph(
    path: str | os.PathLike[str], check: Callable[[tuple[int, int]], object] | None = None
) -> Photograph:
    """Read an image file.

    The orientation in EXIF or XMP is applied; palettes become RGB; CMYK becomes RGB too, by its profile if it has one.

    Args:
        path: PNG, JPEG, WebP, TIFF, BMP or another format that Pillow reads.
        check: is told (height, width) as the file has them, and may refuse, before anything is decoded.

    Raises:
        UsageError: the file cannot be read, is empty, truncated, too large, or no image of 8 or 16 bits.
    """
    path = pathlib.Path(path)
    data = read_bytes(path)
    with open_header(path, data) as image:
        if check:
            check((image.height, image.width))
        notes = []
        pictures = _count(path, image)
        if pictures > 1:
            notes.append(f"{path}: found {pictures} pictures in one file, the first one is taken")
        profile = image.info.get("icc_profile")
        kind, deep = image.format, _is_deep(image, data) and image.mode != "CMYK"
        try:
            # Some files say more behind their pixels; those of deep ones are none of Pillow's.
            behind = (b"eXIf", "exif"), (b"XML:com.adobe.xmp", "xmp")
            if not deep or (kind == "PNG" and any(word in data and key not in image.info for word, key in behind)):
                with warnings.catch_warnings(action="ignore"):  # of EXIF that is broken
                    image.load()
        except Exception as error:  # Pillow raises whatever its reader meets in a broken file
            raise UsageError(f"{path}: broken image ({quoted(error)})") from None
        metadata, orientation, left_out = read_metadata(path, image, data)
        notes += left_out
        if deep:
            return Photograph(_decode_deep(path, image, data, orientation), profile, metadata, tuple(notes))
        try:
            if image.mode in _CONVERTED:
                told, how = _CONVERTED[image.mode], "without a profile"
                if image.mode == "CMYK" and profile:
                    image, how = _cmyk_to_srgb(image, profile), "by its profile"
                notes.append(f"{path}: {told}, converted to RGB {how}")
                profile = None
            tables = getattr(image, "quantization", None) if kind in ("JPEG", "MPO") else None
            pixels = np.array(image.convert(_mode(path, image)))
        except UsageError:
            raise
        except Exception as error:  # Pillow raises whatever its reader meets in a broken file
            raise UsageError(f"{path}: broken image ({quoted(error)})") from None
        # A TIFF is turned by Pillow as it is loaded.
        noise = jpeg_noise(tables[min(tables)], pixels) if tables else None
        pixels = pixels if kind == "TIFF" else np.ascontiguousarray(upright(pixels, orientation))
    return Photograph(pixels, profile, metadata, tuple(notes), noise)


def _count(path: pathlib.Path, image: Image.Image) -> int:
    """Return the number of pictures in a file."""
    try:
        return getattr(image, "n_frames", 1)
    except Exception as error:  # Pillow goes through all of their headers
        raise UsageError(f"{path}: broken image ({quoted(error)})") from None


def _mode(path: pathlib.Path, image: Image.Image) -> str:
    """Return the mode of Pillow for the pixels that are read."""
    if image.mode.startswith(("I", "F")):
        kind = {"I": "int32", "F": "float32"}[image.mode[0]]
        raise UsageError(f"{path}: found {kind} pixels, expected 8 or 16 bits a channel")
    if image.has_transparency_data:
        return "LA" if image.mode in ("1", "L", "LA", "La") else "RGBA"
    return "L" if image.mode in ("1", "L") else "RGB"


def _is_deep(image: Image.Image, data: bytes) -> bool:
    """Tell whether an image has 16 bits a channel."""
    if image.format == "PNG":
        return data[24] == 16
    # Only a TIFF has tags; this one is BitsPerSample.
    bits = getattr(image, "tag_v2", {}).get(258, ())
    return set(np.atleast_1d(bits).tolist()) == {16}


def _decode_deep(path: pathlib.Path, image: Image.Image, data: bytes, orientation: int) -> np.ndarray:
    """Decode 16 bits a channel, which Pillow has no colours for."""
    pixels = decode(path, data, cv2.IMREAD_UNCHANGED)
    if pixels.dtype != np.uint16:
        raise UsageError(f"{path}: found {pixels.dtype} pixels, expected 8 or 16 bits a channel")
    # Colour type 4 is gray with alpha.
    if image.format == "PNG" and data[25] == 4:
        pixels = pixels[..., [0, 3]]
    elif pixels.ndim == 3:
        pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    # OpenCV itself applies the orientation of a TIFF, if it is a tag and not only in XMP.
    turned = isinstance(image, TiffImagePlugin.TiffImageFile) and 0x0112 in image.tag_v2
    return np.ascontiguousarray(pixels if turned else upright(pixels, orientation))


def _cmyk_to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image.convert("RGB")
    assert converted is not None  # it is not done in place
    return converted


def check_output(path: pathlib.Path, size: tuple[int, int], pixel: int = 1) -> None:
    """Refuse a file that cannot hold a picture.

    Args:
        path: the file, which says the format by its suffix.
        size: height and width of the picture.
        pixel: bytes of a pixel.

    Raises:
        UsageError: the suffix is none of `OUTPUT_SUFFIXES`, or the format has no room for so many pixels.
    """
    suffix = path.suffix.lower()
    if suffix not in OUTPUT_SUFFIXES:
        expected = ", ".join(OUTPUT_SUFFIXES)
        raise UsageError(f"--output={path}: found suffix {path.suffix!r}, expected one of {expected}")
    if max(size) > LARGEST.get(suffix, 2**31) or size[0] * size[1] * pixel > LARGEST_PICTURE.get(suffix, 2**62):
        raise UsageError(f"{path}: this format cannot hold {size[1]} x {size[0]} pixels, expected .png")


def write_photograph(
    path: pathlib.Path, pixels: np.ndarray, profile: bytes | None = None, metadata: Metadata = NOTHING
) -> list[str]:
    """Write a picture atomically, without loss but for JPEG.

    Args:
        path: the file, with one of `OUTPUT_SUFFIXES`.
        pixels: as in `Photograph`.
        profile: ICC profile.
        metadata: what else is known of the picture.

    Returns:
        What the format does not hold and was left out, in words that name the file.

    Raises:
        UsageError: the format has no room for so many pixels, or the file cannot be written.
    """
    check_output(path, pixels.shape[:2], pixels[:1, :1].nbytes)
    suffix = path.suffix.lower()
    lost = []
    if pixels.ndim == 3 and pixels.shape[2] in (2, 4) and suffix not in WITH_ALPHA:
        lost.append(f"{path}: {suffix} holds no alpha channel (transparency), .png does")
        pixels = pixels[..., :3] if pixels.shape[2] == 4 else pixels[..., 0]
    if pixels.dtype == np.uint16 and suffix not in DEEP:
        lost.append(f"{path}: {suffix} holds 8 bits a channel, .png and .tif hold 16")
        pixels = eight_bits(pixels)
    if pixels.dtype == np.uint16 and pixels.ndim == 3 and pixels.shape[2] == 2 and suffix != ".png":
        # Few programs read a deep TIFF of gray with alpha.
        pixels = pixels[..., [0, 0, 0, 1]]
    # WebP has no gray.
    gray = (pixels.ndim == 2 or pixels.shape[2] == 2) and suffix != ".webp"
    if profile and (suffix in WITHOUT_PROFILE or profile[16:20] != (b"GRAY" if gray else b"RGB ")):
        lost.append(f"{path}: its colour profile is left out, the file has no place for it")
        profile = None
    for name in ("exif", "xmp"):
        length = len(metadata.block() if name == "exif" else metadata.xmp or b"")
        if length > LARGEST_METADATA.get(suffix, length):
            lost.append(f"{path}: its {name.upper()} is left out, .png has a place for it")
            metadata = dataclasses.replace(metadata, **{name: None})

    def write(file: BinaryIO) -> None:
        if suffix in (".tif", ".tiff"):
            deep_files.write_tiff(file, pixels, profile, metadata)
        elif pixels.dtype == np.uint16:
            deep_files.write_png(file, pixels, profile, metadata)
        else:
            kind, options = _FORMATS[suffix]
            given = _told(suffix, metadata) | ({"icc_profile": profile} if profile else {})
            Image.fromarray(np.ascontiguousarray(pixels)).save(file, kind, **options, **given)

    write_atomically(path, write)
    return lost


def _told(suffix: str, metadata: Metadata) -> dict[str, Any]:
    """Return the metadata as the arguments of Pillow's writer of a format."""
    told: dict[str, Any] = {"dpi": metadata.dpi} if metadata.dpi and suffix != ".webp" else {}
    if block := metadata.block(with_dpi=suffix == ".webp"):
        told["exif"] = b"Exif\0\0" + block
    if metadata.xmp and suffix == ".png":
        told["pnginfo"] = PngImagePlugin.PngInfo()
        told["pnginfo"].add_itxt("XML:com.adobe.xmp", metadata.xmp.decode())
    elif metadata.xmp:
        told["xmp"] = metadata.xmp
    return told
