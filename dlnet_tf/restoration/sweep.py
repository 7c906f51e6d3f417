"""A contact sheet: one part of a photograph, restored at several blur widths, to choose from by eye."""

from __future__ import annotations

from typing import Unpack

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dlnet_tf.colour import luminance
from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.on_screen import on_white
from dlnet_tf.options import MAX_MEMORY
from dlnet_tf.rectangle import Rectangle, largest_sum
from dlnet_tf.resize import imresize
from dlnet_tf.restoration.parameter_check import Parameters
from dlnet_tf.restoration.restorer import Restorer
from dlnet_tf.restoration.super_resolve import super_resolve

WIDTHS = tuple(round(0.3 * index, 1) for index in range(11))
COLUMNS = 4
# Side of a picture in restored pixels, the gap between pictures, and the height of a caption.
SIDE, GAP, CAPTION = 240, 8, 24
# Degraded pixels around the part that the network sees too.
MARGIN = 24
# Rows whose luminance is computed at a time.
ROWS = 256


def contact_sheet(
    restorer: Restorer,
    image: np.ndarray,
    scale: int,
    centre: tuple[int, int] | None = None,
    max_memory: float = MAX_MEMORY,
    **parameters: Unpack[Parameters],
) -> np.ndarray:
    """Restore a part of a photograph at the blur widths 0, 0.3, .., 3 and draw the results with their widths.

    Args:
        restorer: a DL-Net for super-resolution of this scale.
        image: uint8 or uint16, [h, w] or [h, w, C], as `super_resolve` takes it; it is shown on white.
        scale: magnification of the model.
        centre: (column, row) of the part's middle in pixels of `image`; by default the part with most detail.
        max_memory: what the whole process may take, in GB.
        **parameters: `noise_sigma`, as `super_resolve` takes it.

    Returns:
        uint8 [H, W, 3] RGB: bicubic first, then one picture a width.

    Raises:
        UsageError: the centre is outside the photograph, or the memory is too little for the part that is shown.
    """
    seen, part = part_of(image, scale, SIDE // scale, centre)
    pictures = {"bicubic": part.cut(bicubic(seen, scale))}
    for u in WIDTHS:
        told: Parameters = {"blur_width": u, **parameters}
        restored = super_resolve(restorer, seen, scale, max_memory=max_memory, held=image.nbytes, **told)
        pictures[f"u = {u:g}"] = part.cut(on_white(restored))
    return _sheet(pictures)


def part_of(
    image: np.ndarray, scale: int, side: int, centre: tuple[int, int] | None = None
) -> tuple[np.ndarray, Rectangle]:
    """Cut out a part of a photograph, with what a network sees about it.

    Args:
        image: uint8 or uint16, [h, w] or [h, w, C], as `super_resolve` takes it.
        scale: magnification t.
        side: side of the part, in pixels of `image`; a smaller photograph is shown as a whole.
        centre: (column, row) of its middle; by default the part with most detail is taken.

    Returns:
        What is to be restored, and where the part is in the result.

    Raises:
        UsageError: the centre is outside the photograph.
    """
    window = _window(image, side, centre)
    around = _grown(window, image.shape[0], image.shape[1])
    part = Rectangle(scale * (window.top - around.top), scale * (window.left - around.left), *_times(scale, window))
    return around.cut(image), part


def bicubic(image: np.ndarray, scale: int) -> np.ndarray:
    """Enlarge an image without a network; uint8, as it is shown on a screen."""
    return np.rint(np.clip(imresize(on_white(image), scale), 0, 255)).astype(np.uint8)


def _times(scale: int, window: Rectangle) -> tuple[int, int]:
    return scale * window.height, scale * window.width


def _window(image: np.ndarray, side: int, centre: tuple[int, int] | None) -> Rectangle:
    """Return the part to be shown, of at most `side` pixels each way."""
    height, width = min(side, image.shape[0]), min(side, image.shape[1])
    if centre is None:
        # By parts, as the luminance is computed in 64 bits: all of it would take more memory than restoring.
        y = np.concatenate([luminance(on_white(image[first : first + ROWS])) for first in range(0, len(image), ROWS)])
        return _most_detailed(y, height, width)
    column, row = centre
    if not (0 <= column < image.shape[1] and 0 <= row < image.shape[0]):
        raise UsageError(
            f"--sweep_at={column},{row}: found a place outside the photograph, expected one within "
            f"{image.shape[1]} x {image.shape[0]}"
        )
    top, left = (
        min(max(0, middle - part // 2), whole - part)
        for middle, part, whole in ((row, height, image.shape[0]), (column, width, image.shape[1]))
    )
    return Rectangle(top, left, height, width)


def _most_detailed(y: np.ndarray, height: int, width: int) -> Rectangle:
    """Return the part of this size in which neighbouring pixels differ most."""
    detail = np.zeros(y.shape, np.uint16)
    # OpenCV has no difference of nothing.
    if y.shape[0] > 1:
        detail[1:] += np.asarray(cv2.absdiff(y[1:], y[:-1]), np.uint8)
    if y.shape[1] > 1:
        detail[:, 1:] += np.asarray(cv2.absdiff(y[:, 1:], y[:, :-1]), np.uint8)
    return largest_sum(detail, height, width)


def _grown(window: Rectangle, height: int, width: int) -> Rectangle:
    """Return the window with a margin where the photograph has one."""
    top, left = max(0, window.top - MARGIN), max(0, window.left - MARGIN)
    bottom = min(height, window.top + window.height + MARGIN)
    right = min(width, window.left + window.width + MARGIN)
    return Rectangle(top, left, bottom - top, right - left)


def _sheet(pictures: dict[str, np.ndarray]) -> np.ndarray:
    """Put pictures of one size in rows, each above its caption."""
    height, width = next(iter(pictures.values())).shape[:2]
    # A part of a small photograph may be narrower than its caption.
    across, down = max(width, 80) + GAP, height + CAPTION + GAP
    rows = -(-len(pictures) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * across + GAP, rows * down + GAP), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    for index, (caption, picture) in enumerate(pictures.items()):
        left, top = GAP + index % COLUMNS * across, GAP + index // COLUMNS * down
        sheet.paste(Image.fromarray(np.ascontiguousarray(picture)), (left, top))
        draw.text((left + (across - GAP) / 2, top + height + CAPTION / 2), caption, "black", font, anchor="mm")
    return np.asarray(sheet)
