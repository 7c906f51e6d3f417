"""Mask image files: which pixels of a photograph are to be filled."""

from __future__ import annotations

import os
import pathlib

import cv2
import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.images import eight_bits
from dlnet_tf.imagefiles.photographs import read_photograph

# JPEG at qualities of 50 to 95 moves pixels of black-and-white masks by 0.32 at most, and up to 9 % of them by more
# than 0.1: at quality 50, of scattered pixels. No pixel crosses 0.5. Soft edges and photographs have grays beyond that.
NEAR, FARTHEST, MIN_NEAR_SHARE = 0.1, 0.35, 0.85
# A soft brush and smooth letters leave most of a mask black or white, a photograph does not.
MIN_BLACK_AND_WHITE = 0.5
# JPEG leaves black, white and gray without a tint.
MAX_TINT = 0.1
LOSSY = (".jpeg", ".jpg", ".webp")


def read_mask(
    path: str | os.PathLike[str], size: tuple[int, int], mask_white: str = "fill"
) -> tuple[np.ndarray, list[str]]:
    """Read a black-and-white image as a mask.

    Args:
        path: image file, gray or colour; its alpha channel is dropped.
        size: height and width of the image that it belongs to.
        mask_white: what white means: "fill" (missing, as OpenCV and LaMa have it) or "observed".

    Returns:
        mask [H, W, 1] float32, 1 = observed and 0 = missing; lines that the user should read, which name the file: how
        gray was taken, that all or no pixels are missing, that an alpha channel was left out.

    Raises:
        UsageError: the file cannot be read as an image, has another size, has the mask in its alpha channel, or is
            hardly black and white anywhere.
    """
    path = pathlib.Path(path)
    image = read_photograph(path).pixels
    if image.shape[:2] != tuple(size):
        raise UsageError(
            f"{path}: found a mask of {image.shape[1]} x {image.shape[0]} pixels, expected {size[1]} x {size[0]}, "
            "the size of the image"
        )
    alpha = None
    if image.shape[2:] in ((2,), (4,)):
        image, alpha = image[..., :-1], image[..., -1]
    if alpha is not None and np.ptp(alpha) > 0 and np.ptp(image, axis=(0, 1)).max() == 0:
        raise UsageError(
            f"{path}: found one colour and a mask in the alpha channel (transparency), expected a black and white image"
        )
    missing, notes = _missing(path, image, mask_white)
    if not missing.any():
        notes.append(f"{path}: no pixel is missing")
    elif missing.all():
        notes.append(f"{path}: every pixel is missing")
    if alpha is not None:
        notes.append(f"{path}: the alpha channel (transparency) of the mask is left out")
    return 1 - missing[..., None].astype(np.float32), notes


def grow(mask: np.ndarray, pixels: int) -> np.ndarray:
    """Make the missing parts of a mask larger on every side.

    Args:
        mask: [H, W, 1] float32, 1 = observed, 0 = missing.
        pixels: by how many, >= 0.
    """
    if not pixels:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1,) * 2)
    return cv2.erode(mask[..., 0], disc, borderType=cv2.BORDER_CONSTANT, borderValue=1)[..., None]


def _missing(path: pathlib.Path, image: np.ndarray, mask_white: str) -> tuple[np.ndarray, list[str]]:
    """Return which pixels of a mask image, of 8 or 16 bits, are to be filled, and a note on its gray ones."""
    top = int(np.iinfo(image.dtype).max)
    if 0 < image.max() <= top // 255:
        raise UsageError(
            f"{path}: found a mask of the values 0 and {image.max()}, expected 0 and {top} for black and white"
        )
    image = eight_bits(image)
    if image.ndim == 3:
        if np.ptp(image, axis=-1).max() > 255 * MAX_TINT:
            raise UsageError(f"{path}: found a mask with colours, expected black and white")
        image = np.rint(image.mean(axis=-1)).astype(np.uint8)
    # In these words white is to be filled.
    image = 255 - image if mask_white == "observed" else image
    white = image > 127
    distance = np.where(white, 255 - image, image) / 255.0
    if distance.max() == 0:
        return white, []
    gray = float(np.mean(distance > NEAR))
    if distance.max() <= FARTHEST and gray <= 1 - MIN_NEAR_SHARE:
        return white, [f"{path}: not quite black and white (JPEG?), thresholded at 0.5"]
    if gray > 1 - MIN_BLACK_AND_WHITE:
        raise UsageError(
            f"{path}: found a mask with gray values ({gray:.1%} of the pixels are more than {NEAR:g} away from black "
            "and white), expected black and white; a threshold in an image editor makes it so"
        )
    level = FARTHEST if path.suffix.lower() in LOSSY else NEAR
    return image > 255 * level, [f"{path}: {gray:.1%} of the mask is gray, which is filled too"]
