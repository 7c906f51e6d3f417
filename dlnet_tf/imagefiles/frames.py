"""Frames of a clip one at a time: luminance to be restored, and what is kept for writing it; folders of frames."""

from __future__ import annotations

import collections
import dataclasses
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from dlnet_tf.colour import rgb_to_ycbcr, ycbcr_to_rgb
from dlnet_tf.errors import UsageError
from dlnet_tf.files import check_target
from dlnet_tf.imagefiles.folder import SUFFIXES, in_order
from dlnet_tf.imagefiles.images import eight_bits
from dlnet_tf.imagefiles.metadata import NOTHING, Metadata
from dlnet_tf.imagefiles.photographs import Photograph, read_photograph, write_photograph
from dlnet_tf.resize import imresize


@dataclasses.dataclass(frozen=True)
class Frame:
    """What a network sees of a frame; what else is needed to write it is in the class of its kind.

    Attributes:
        luma: Y of `colour.rgb_to_ycbcr` over 255, float32 [h, w].
    """

    luma: np.ndarray


@dataclasses.dataclass(frozen=True)
class PictureFrame(Frame):
    """A frame that is a picture of its own.

    Attributes:
        chroma: Cb and Cr, [h, w, 2]; None for a gray one.
        name: of its file, without the suffix.
        profile: ICC profile.
        metadata: what else its file says.
    """

    chroma: np.ndarray | None
    name: str = ""
    profile: bytes | None = None
    metadata: Metadata = NOTHING


def frame_of(pixels: np.ndarray, **others: Any) -> PictureFrame:
    """Take a frame apart.

    Args:
        pixels: [h, w] gray or [h, w, 3] RGB, of 0 to 255.
        **others: what else is kept, by the names of `PictureFrame`.
    """
    colours = None if pixels.ndim == 2 else rgb_to_ycbcr(pixels)
    luma, chroma = (pixels, None) if colours is None else (colours[..., 0], colours[..., 1:])
    return PictureFrame((luma / 255.0).astype(np.float32), chroma, **others)


def joined(luma: np.ndarray, frame: PictureFrame, scale: int) -> np.ndarray:
    """Put an enlarged frame together, its colours enlarged bicubically.

    Args:
        luma: enlarged, as `Frame.luma`, not clipped.
        frame: that of `frame_of`.
        scale: magnification.

    Returns:
        float64 [H, W] or [H, W, 3] of 0 to 255.
    """
    pixels, chroma = 255.0 * luma.astype(np.float64), frame.chroma
    if chroma is not None:
        pixels = ycbcr_to_rgb(np.concatenate([pixels[..., None], imresize(chroma, scale)], axis=-1))
    return np.clip(pixels, 0, 255)


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
        names = collections.Counter(path.stem for path in files)
        name, count = names.most_common(1)[0]
        if count > 1:
            raise UsageError(f"{folder}: found {count} files called {name}, expected one, as results are {name}.png")
        self.total = len(files)
        height, width = read_photograph(self._paths[0]).pixels.shape[:2]
        self.size = height, width
        self._left_out: collections.Counter[str] = collections.Counter()

    def frames(self) -> Iterator[PictureFrame]:
        """Read the frames in order; raises UsageError where one cannot be read or is of another size."""
        for path in self._paths:
            photograph = read_photograph(path)
            self._note(path, photograph)
            pixels = eight_bits(_without_alpha(photograph.pixels))
            if pixels.shape[:2] != self.size:
                found, expected = (f"{width} x {height}" for height, width in (pixels.shape[:2], self.size))
                raise UsageError(f"{path}: found {found} pixels, expected {expected}, the size of the first frame")
            yield frame_of(pixels, name=path.stem, profile=photograph.profile, metadata=photograph.metadata)

    def _note(self, path: pathlib.Path, photograph: Photograph) -> None:
        pixels = photograph.pixels
        notes = [note.removeprefix(f"{path}: ") for note in photograph.notes]
        notes += ["transparency is left out"] if pixels.shape[2:] in ((2,), (4,)) else []
        self._left_out.update(notes + (["found 16 bits a channel, written in 8"] if pixels.itemsize > 1 else []))

    def notes(self) -> list[str]:
        """Return what the results do not hold, once all frames are read."""
        return [f"{self.folder}: {words} (in {count} frames)" for words, count in self._left_out.items()]


def _without_alpha(pixels: np.ndarray) -> np.ndarray:
    """Return what is gray or RGB of pixels."""
    if pixels.ndim == 2:
        return pixels
    return pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :3]


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

    def write(self, frame: PictureFrame, luma: np.ndarray) -> None:
        """Write one frame.

        Args:
            frame: as read.
            luma: enlarged, as `Frame.luma`, not clipped.
        """
        pixels = np.rint(joined(luma, frame, self._scale)).astype(np.uint8)
        write_photograph(self._folder / f"{frame.name}.png", pixels, frame.profile, frame.metadata)
