"""Pictures of a report: what several methods made of one image, and the part where they differ most."""

from __future__ import annotations

import base64
import dataclasses

import cv2
import numpy as np


@dataclasses.dataclass(frozen=True)
class Picture:
    """One picture with its caption.

    Attributes:
        label: the method, `Input` or `Truth`.
        image: uint8 [H, W] or [H, W, 3] RGB.
        psnr: of the whole image in dB; None for what no method made.
    """

    label: str
    image: np.ndarray
    psnr: float | None = None


@dataclasses.dataclass(frozen=True)
class Exhibit:
    """One test image: for each level its pictures, all of one size, the truth last.

    Attributes:
        name: of the image.
        levels: level label -> pictures in the order in which they stand side by side.
    """

    name: str
    levels: dict[str, list[Picture]]

    @property
    def truth(self) -> np.ndarray:
        """The clean image, uint8."""
        return next(iter(self.levels.values()))[-1].image


@dataclasses.dataclass(frozen=True)
class Window:
    """A rectangle of pixels."""

    top: int
    left: int
    height: int
    width: int

    def cut(self, image: np.ndarray) -> np.ndarray:
        """Return the part of an [H, W, ...] image inside the rectangle."""
        return image[self.top : self.top + self.height, self.left : self.left + self.width]


def telling_window(exhibit: Exhibit, side: int = 80) -> Window:
    """Return the square where the methods differ most, summed over the levels.

    Args:
        exhibit: the pictures; those with a PSNR are compared.
        side: of the square in pixels; an image less than twice as large is shown whole.

    Returns:
        The window, the same for every level so that levels can be compared too.
    """
    height, width = exhibit.truth.shape[:2]
    if min(height, width) < 2 * side:
        return Window(0, 0, height, width)
    spread = np.zeros((height, width))
    for pictures in exhibit.levels.values():
        made = [picture.image.astype(np.float32) for picture in pictures if picture.psnr is not None]
        if len(made) > 1:
            spread += np.var(made, axis=0).reshape(height, width, -1).sum(axis=2)
    sums = np.pad(spread, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    totals = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    top, left = np.unravel_index(int(np.argmax(totals)), totals.shape)
    return Window(int(top), int(left), side, side)


def thumbnail(image: np.ndarray, longest: int = 440) -> np.ndarray:
    """Return a uint8 image reduced by area averaging so that no side is longer than `longest` pixels."""
    factor = longest / max(image.shape[:2])
    if factor >= 1:
        return image
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def data_uri(image: np.ndarray) -> str:
    """Return a uint8 [H, W] or [H, W, 3] RGB image as a PNG inside a `data:` address."""
    ordered = image if image.ndim == 2 else image[..., ::-1]  # OpenCV's colours are BGR
    _, png = cv2.imencode(".png", ordered, (cv2.IMWRITE_PNG_COMPRESSION, 9))
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode("ascii")
