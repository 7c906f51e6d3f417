"""Pictures of a report: small ones, those inside a page, and the part where methods differ most."""

from __future__ import annotations

import base64

import cv2
import numpy as np

from dlnet_tf.rectangle import Rectangle, largest_sum
from dlnet_tf.reporting.exhibits import Exhibit


def telling_window(exhibit: Exhibit, side: int = 80) -> Rectangle:
    """Return the square where the methods differ most, summed over the levels.

    Args:
        exhibit: the pictures; those with a PSNR are compared.
        side: side of the square in pixels; an image less than twice as large is shown whole.

    Returns:
        The window, the same for every level so that levels can be compared too.
    """
    height, width = exhibit.truth.shape[:2]
    if min(height, width) < 2 * side:
        return Rectangle(0, 0, height, width)
    spread = np.zeros((height, width), np.float32)
    for pictures in exhibit.levels.values():
        made = [picture.image.astype(np.float32) for picture in pictures if picture.psnr is not None]
        if len(made) > 1:
            spread += np.var(made, axis=0).reshape(height, width, -1).sum(axis=2)
    return largest_sum(spread, side, side)


def data_uri(image: np.ndarray) -> str:
    """Return a uint8 [H, W] or [H, W, 3] RGB image as a PNG inside a `data:` address."""
    ordered = image if image.ndim == 2 else image[..., ::-1]  # OpenCV's colours are BGR
    _, png = cv2.imencode(".png", ordered, (cv2.IMWRITE_PNG_COMPRESSION, 9))
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode("ascii")
