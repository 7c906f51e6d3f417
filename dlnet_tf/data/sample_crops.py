"""Small crops of scikit-image's photographs: scenes and one face for models of 64 x 64 images."""

from __future__ import annotations

import numpy as np
from PIL import Image

from dlnet_tf.data.samples import load_samples
from dlnet_tf.data.thumbnails import SIDE, squeeze

# Length to which each photograph's shorter side is reduced, and the crops that are taken from it.
SHORTER_SIDE, CROPS = 4 * SIDE, 4
# Left, top and width of the astronaut's face, framed as CelebA aligns its 178 x 218 images: there the eyes are 39
# pixels apart and 111 below the top edge, which lies above this photograph.
FACE_LEFT, FACE_TOP, FACE_WIDTH = 127.0, -22.0, 197.5
CELEBA_WIDTH, CELEBA_HEIGHT = 178, 218


def load_crops() -> np.ndarray:
    """Cut every sample photograph, averaged down to 256 pixels, into squares and keep the four with most contrast.

    Returns:
        uint8 [28, 64, 64, 3], ordered by photograph and place.

    Raises:
        UsageError: as `load_samples`.
    """
    crops = []
    for _, pixels in load_samples():
        photograph = Image.fromarray(pixels).convert("RGB")
        scale = SHORTER_SIDE / min(photograph.size)
        size = [round(scale * side) for side in photograph.size]
        small = np.asarray(photograph.resize((size[0], size[1]), Image.Resampling.BOX))
        rows, columns = size[1] // SIDE, size[0] // SIDE
        grid = small[: rows * SIDE, : columns * SIDE].reshape(rows, SIDE, columns, SIDE, 3).swapaxes(1, 2)
        squares = grid.reshape(-1, SIDE, SIDE, 3)
        order = np.argsort(-squares.std((1, 2)).mean(-1), kind="stable")
        crops.append(squares[np.sort(order[:CROPS])])
    return np.concatenate(crops)


def load_face() -> np.ndarray:
    """Cut the astronaut's face out as CelebA's faces are cut, and squeeze it to 64 x 64 as they are.

    Returns:
        uint8 [1, 64, 64, 3].

    Raises:
        UsageError: as `load_samples`.
    """
    pixels = dict(load_samples())["astronaut"]
    # As CelebA does, what lies outside is filled with the nearest pixels: here the plain wall.
    above = round(-FACE_TOP)
    photograph = Image.fromarray(np.pad(pixels, ((above, 0), (0, 0), (0, 0)), "edge"))
    top = FACE_TOP + above
    box = (FACE_LEFT, top, FACE_LEFT + FACE_WIDTH, top + FACE_WIDTH * CELEBA_HEIGHT / CELEBA_WIDTH)
    aligned = photograph.resize((CELEBA_WIDTH, CELEBA_HEIGHT), Image.Resampling.BICUBIC, box=box)
    return np.asarray(squeeze(aligned))[None]
