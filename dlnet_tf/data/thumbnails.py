"""The 64 x 64 pixels of an image file: decoded by Pillow, squeezed like CelebA's or cropped to a square first."""

from __future__ import annotations

import io
import pathlib
import struct
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageOps

from dlnet_tf.errors import UsageError

SIDE = 64
MAX_BYTES = 64 * 2**20
MAX_PIXELS = 2**26
FORMATS = ("BMP", "JPEG", "PNG", "PPM", "TIFF", "WEBP")

# An image of any size -> one of 64 x 64.
Shrink = Callable[[Image.Image], Image.Image]


def squeeze(image: Image.Image) -> Image.Image:
    """Resize to 64 x 64 with Pillow's antialiased bicubic filter, without a crop: the paper's protocol for CelebA."""
    return image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def crop(image: Image.Image) -> Image.Image:
    """Take the central square and average it over areas down to 64 x 64; smaller ones are enlarged bicubically."""
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    resampling = Image.Resampling.BOX if side >= SIDE else Image.Resampling.BICUBIC
    return image.resize((SIDE, SIDE), resampling, box=(left, top, left + side, top + side))


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits, which convert() would clip instead of scale
        deep = np.asarray(image)
        if deep.min() < 0 or deep.max() > 65535:
            raise ValueError("more than 16 bits a channel")
        return Image.fromarray(np.rint(deep / 257.0).astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise ValueError("floating pixels")
    if "transparency" in image.info:  # of palettes, of which convert() would warn
        image = image.convert("RGBA")
    return ImageOps.exif_transpose(image).convert("RGB")


def decode(name: str, data: bytes) -> Image.Image:
    """Decode an image file upright as 8-bit RGB.

    Args:
        name: what to call it in an error.
        data: the bytes of the file: BMP, JPEG, PNG, PPM, TIFF or WebP.

    Raises:
        UsageError: it is empty, truncated, no such image, larger than 64 MiB or than 2^26 pixels.
    """
    if not data:
        raise UsageError(f"{name}: found 0 bytes, expected an image")
    if len(data) > MAX_BYTES:
        raise UsageError(f"{name}: found more than {MAX_BYTES:,} bytes, expected an image file of at most that size")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:  # the header alone was read so far
                raise ValueError(f"{image.width} x {image.height} pixels, expected at most {MAX_PIXELS:,}")
            return _rgb(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UsageError(f"{name}: {error}") from None
    except (OSError, ValueError, SyntaxError, IndexError, KeyError, TypeError, struct.error) as error:
        # What Pillow's readers raise for broken files; an unknown kind names a stream, which helps nobody.
        cause = "no image that can be decoded" if "identify" in str(error) else f"a broken image ({error})"
        raise UsageError(f"{name}: found {cause}, expected {', '.join(FORMATS)}") from None


def thumbnail(name: str, image: bytes | pathlib.Path | np.ndarray, shrink: Shrink) -> np.ndarray:
    """Return the 64 x 64 pixels of an image; one of that size is kept as it is.

    Args:
        name: what to call it in an error.
        image: the bytes of a file, its path, or uint8 [H, W, 3].
        shrink: how to make another size 64 x 64: `squeeze` or `crop`.

    Returns:
        uint8 [64, 64, 3].

    Raises:
        UsageError: as `decode`; or the file cannot be read.
    """
    if isinstance(image, pathlib.Path):
        try:
            with open(image, "rb") as file:
                image = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise UsageError(f"{name}: cannot be read ({error.strerror})") from None
    picture = Image.fromarray(image) if isinstance(image, np.ndarray) else decode(name, image)
    return np.asarray(picture if picture.size == (SIDE, SIDE) else shrink(picture))
