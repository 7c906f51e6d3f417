"""Mask image files: which pixels of a photograph are to be filled."""

from __future__ import annotations

import os
import pathlib

import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.images import has_alpha, read_image

# JPEG at qualities of 50 to 95 moves pixels of black-and-white masks by 0.32 at most, and up to 9 % of them by more
# than 0.1: at quality 50, of scattered pixels. No pixel crosses 0.5. Soft edges and photographs have grays beyond that.
NEAR, FARTHEST, MIN_NEAR_SHARE = 0.1, 0.35, 0.85
# JPEG leaves black, white and gray without a tint.
MAX_TINT = 0.1


def read_mask(
    path: str | os.PathLike[str], size: tuple[int, int], mask_white: str = "fill"
) -> tuple[np.ndarray, list[str]]:
    """Read a black-and-white image as a mask.

    Args:
        path: image file, gray or colour; its alpha channel is dropped.
        size: height and width of the image that it belongs to.
        mask_white: what white means: "fill" (missing, as OpenCV and LaMa have it) or "observed".

    Returns:
        mask [H, W, 1] float32, 1 = observed and 0 = missing; lines that the user should read, which name the file: that
        gray was thresholded at 0.5, that all or no pixels are missing, that an alpha channel was left out.

    Raises:
        UsageError: the file cannot be read as an image, has another size, or is not black and white but for the traces
            of JPEG.
    """
    path = pathlib.Path(path)
    image = read_image(path)
    if image.shape[:2] != tuple(size):
        raise UsageError(
            f"{path}: found a mask of {image.shape[1]} x {image.shape[0]} pixels, expected {size[1]} x {size[0]} as "
            "the image has"
        )
    white, notes = _binary(path, image)
    mask = white if mask_white == "observed" else ~white
    if mask.all():
        notes.append(f"{path}: no pixel is missing")
    elif not mask.any():
        notes.append(f"{path}: every pixel is missing")
    if has_alpha(path):
        notes.append(f"{path}: the alpha channel (transparency) of the mask is left out")
    return mask[..., None].astype(np.float32), notes


def _binary(path: pathlib.Path, image: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return where a uint8 image is white, and a note where it is not quite black and white."""
    if image.max() == 1:
        raise UsageError(f"{path}: found a mask of the values 0 and 1, expected 0 and 255 for black and white")
    if image.ndim == 3:
        if np.ptp(image, axis=-1).max() > 255 * MAX_TINT:
            raise UsageError(f"{path}: found a mask with colours, expected black and white")
        image = np.rint(image.mean(axis=-1)).astype(np.uint8)
    white = image > 127
    distance = np.where(white, 255 - image, image) / 255.0
    if distance.max() == 0:
        return white, []
    gray = float(np.mean(distance > NEAR))
    if distance.max() > FARTHEST or gray > 1 - MIN_NEAR_SHARE:
        raise UsageError(
            f"{path}: found a mask with gray values ({gray:.1%} of the pixels are more than {NEAR:g} away from black "
            "and white), expected black and white; a threshold in an image editor makes it so"
        )
    return white, [f"{path}: not quite black and white (JPEG?), thresholded at 0.5"]
