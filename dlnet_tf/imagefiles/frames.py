"""Frames of a clip one at a time: luminance to be restored, and what is kept for writing it; folders of frames."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from dlnet_tf.colour import rgb_to_ycbcr, ycbcr_to_rgb
from dlnet_tf.errors import UsageError
from dlnet_tf.files import check_target
from dlnet_tf.imagefiles.clips import in_order
from dlnet_tf.imagefiles.folder import SUFFIXES
from dlnet_tf.imagefiles.images import read_image
from dlnet_tf.imagefiles.photographs import write_photograph
from dlnet_tf.resize import imresize


@dataclasses.dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes:
        luma: Y of `colour.rgb_to_ycbcr` over 255, float32 [h, w].
        kept: what is needed to write it, for the writer of its own kind.
    """

    luma: np.ndarray
    kept: Any


class FrameFolder:
    """The image files of one folder as frames, in the order of their names, numbers in them as numbers.

    Args:
        folder: the folder; those in it are not searched.

    Attributes:
        total: number of frames.
        size: height and width of the first frame, which all must have.

    Raises:
        UsageError: it holds no image files, or the first one cannot be read.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        files = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.name[0] != "."]
        if not files:
            raise UsageError(f"{folder}: found no image files, expected the frames of a clip")
        self._paths = in_order(files)
        self.total = len(files)
        height, width = read_image(self._paths[0]).shape[:2]
        self.size = height, width

    def frames(self) -> Iterator[Frame]:
        """Read the frames in order; raises UsageError where one cannot be read or is of another size."""
        for path in self._paths:
            pixels = read_image(path)
            if pixels.shape[:2] != self.size:
                found, expected = (f"{width} x {height}" for height, width in (pixels.shape[:2], self.size))
                raise UsageError(f"{path}: found {found} pixels, expected {expected}, the size of the first frame")
            if pixels.ndim == 2:
                yield Frame((pixels / 255.0).astype(np.float32), (path.stem, None))
            else:
                colours = rgb_to_ycbcr(pixels)
                yield Frame((colours[..., 0] / 255.0).astype(np.float32), (path.stem, colours[..., 1:]))

    def notes(self) -> list[str]:
        """Return what there is to say about the frames; nothing."""
        return []


class FrameFolderWriter:
    """Writes enlarged frames of a `FrameFolder` as PNG files of the same names.

    Args:
        folder: where to.
        scale: magnification.
        overwrite: whether it may exist.

    Raises:
        UsageError: it exists or cannot be written.
    """

    def __init__(self, folder: pathlib.Path, scale: int, overwrite: bool) -> None:
        check_target(folder, overwrite)
        self._folder, self._scale = folder, scale

    def write(self, frame: Frame, luma: np.ndarray) -> None:
        """Write one frame.

        Args:
            frame: as read.
            luma: enlarged, as `Frame.luma`, not clipped.
        """
        name, chroma = frame.kept
        pixels = 255.0 * luma.astype(np.float64)
        if chroma is not None:
            pixels = ycbcr_to_rgb(np.concatenate([pixels[..., None], imresize(chroma, self._scale)], axis=-1))
        write_photograph(self._folder / f"{name}.png", np.rint(np.clip(pixels, 0, 255)).astype(np.uint8))
