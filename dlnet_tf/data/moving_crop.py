"""A clip made of one photograph: a window that moves over it."""

from __future__ import annotations

import numpy as np

from dlnet_tf.errors import UsageError


def moving_crop(image: np.ndarray, length: int, side: int, step: tuple[int, int]) -> np.ndarray:
    """Move a square window over a photograph at a constant speed, its middle place in the middle.

    Args:
        image: uint8 [H, W].
        length: frames.
        side: side of the window in pixels.
        step: pixels along rows and columns from a frame to the next.

    Returns:
        uint8 [length, side, side].

    Raises:
        UsageError: the window would leave the photograph.
    """
    needed = [side + abs(move) * (length - 1) for move in step]
    if any(n > size for n, size in zip(needed, image.shape, strict=True)):
        raise UsageError(
            f"moving crop: found a photograph of {image.shape[1]} x {image.shape[0]} pixels, expected at least "
            f"{needed[1]} x {needed[0]}"
        )
    corners = [(size - n) // 2 for size, n in zip(image.shape, needed, strict=True)]
    frames = []
    for index in range(length):
        top, left = (
            corner + (index if move >= 0 else index - length + 1) * move
            for corner, move in zip(corners, step, strict=True)
        )
        frames.append(image[top : top + side, left : left + side])
    return np.stack(frames)
