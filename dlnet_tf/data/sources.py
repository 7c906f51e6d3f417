"""Where the images of a set come from: files in a folder, archives, an array, each read in one fixed order."""

from __future__ import annotations

import hashlib
import pathlib
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.folder import list_images

# The bytes of an image file, its path, or the pixels, uint8 [H, W, 3].
Item = bytes | pathlib.Path | np.ndarray


class Source(Protocol):
    """Images in one fixed order, of which not all are ever in memory.

    Attributes:
        place: the file or folder, for messages.
    """

    place: str

    def stamp(self) -> str:
        """Return what changes when the files do, without reading them."""

    def names(self) -> list[str]:
        """Return the name of every image, with / between folders, in the order of reading."""

    def read(self, start: int) -> Iterator[Item]:
        """Yield the images from number `start` on."""


def digest(parts: Sequence[object]) -> str:
    """Return a short hash of what a list says."""
    return hashlib.sha256("\n".join(map(str, parts)).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def file_stamp(path: pathlib.Path, name: str) -> str:
    """Return name, size and time of change of a file.

    Raises:
        UsageError: there is no such file.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    return f"{name} {status.st_size} {status.st_mtime_ns}"


class FolderSource:
    """The image files of a folder and of the folders in it, sorted by name.

    Args:
        folder: the folder.

    Raises:
        UsageError: as `list_images`.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self.place = str(folder)
        self._paths = list_images(folder)
        self._names = [path.relative_to(folder).as_posix() for path in self._paths]

    def stamp(self) -> str:
        """Hash names, sizes and times of change of all files."""
        return digest([file_stamp(path, name) for path, name in zip(self._paths, self._names, strict=True)])

    def names(self) -> list[str]:
        """Return the paths below the folder."""
        return self._names

    def read(self, start: int) -> Iterator[Item]:
        """Yield paths, so that whoever decodes a file reads it."""
        yield from self._paths[start:]
