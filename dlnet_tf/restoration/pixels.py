"""The pixels of a photograph: what they may be, and which of their channels a network restores together."""

from __future__ import annotations

import cv2
import numpy as np

from dlnet_tf.colour import rgb_to_ycbcr
from dlnet_tf.errors import UsageError


def check_photograph(image: np.ndarray) -> None:
    """Refuse what is no photograph.

    Args:
        image: expected to be uint8 or uint16, [H, W] or [H, W, C] with C = 2 (gray and alpha), 3 or 4 (RGB and alpha).

    Raises:
        UsageError: it is something else.
    """
    if not isinstance(image, np.ndarray):
        raise UsageError(f"found an image of type {type(image).__name__}, expected a NumPy array; try np.asarray")
    found = f"found an image of {image.dtype} {list(image.shape)}"
    if image.dtype not in (np.uint8, np.uint16):
        raise UsageError(f"{found}, expected uint8 or uint16")
    if image.ndim not in (2, 3) or image.size == 0 or (image.ndim == 3 and image.shape[2] not in (2, 3, 4)):
        raise UsageError(f"{found}, expected [H, W] or [H, W, C] with C = 2 (gray and alpha), 3 (RGB) or 4 (and alpha)")


def planes(image: np.ndarray, result: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pair what is restored together: gray or RGB, and alpha as a gray image of its own.

    Args:
        image: as `check_photograph` has it.
        result: to be filled, with as many channels; an alpha that is the same everywhere is filled in here.

    Returns:
        Views (source, target), [H, W] or [H, W, 3] each.
    """
    if image.ndim == 2 or image.shape[2] == 3:
        return [(image, result)]
    alpha = image[..., -1]
    colours = slice(0, 3) if image.shape[2] == 4 else 0
    pairs = [(image[..., colours], result[..., colours])]
    if alpha.min() == alpha.max():
        result[..., -1] = alpha[0, 0]
    else:
        pairs.append((alpha, result[..., -1]))
    return pairs


def fill_invisible(colours: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Give pixels that nobody sees the colour of the nearest one that is seen, so that theirs does not bleed.

    Args:
        colours: [H, W] or [H, W, 3].
        visible: bool [H, W].

    Returns:
        As `colours`; the same where every pixel or none is visible.
    """
    if visible.all() or not visible.any():
        return colours
    _, labels = cv2.distanceTransformWithLabels(
        (~visible).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest = np.zeros(int(labels.max()) + 1, np.intp)
    nearest[labels[visible]] = np.flatnonzero(visible)
    return colours.reshape(-1, *colours.shape[2:])[nearest[labels]]


def gray_levels(pixels: np.ndarray) -> np.ndarray:
    """Return gray, or Y of RGB, of integers [..., C] as [...], white at 255; alpha plays no part."""
    levels = pixels * (255.0 / np.iinfo(pixels.dtype).max)
    return levels[..., 0] if pixels.shape[-1] < 3 else rgb_to_ycbcr(levels[..., :3])[..., 0]
