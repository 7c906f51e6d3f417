"""Images inside tar archives, read one after the other and never unpacked."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import pathlib
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dlnet_tf.data.sources import Item, digest, file_stamp
from dlnet_tf.data.thumbnails import MAX_BYTES
from dlnet_tf.errors import UsageError, one_line
from dlnet_tf.imagefiles.folder import SUFFIXES

# An image is read with what its reader buffers.
LARGEST_READ = 2 * MAX_BYTES
PACKERS: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
ARCHIVE_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


class _Bounded(io.BufferedReader):
    """A stream that gives no more than an image at a time: `tarfile` reads a header at the size that it claims."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > LARGEST_READ:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        return super().read(size)


def _is_image(member: tarfile.TarInfo) -> bool:
    path = pathlib.PurePosixPath(member.name)
    hidden = any(part.startswith(".") and part not in (".", "..") for part in path.parts)
    return member.isfile() and not hidden and path.suffix.lower() in SUFFIXES


class ArchiveSource:
    """The image files in tar archives, compressed or not, in the order in which they are stored.

    Names of members serve to sort and to split, and to name broken images: no file is ever written, whatever path a
    member claims. Links and other special members are passed over.

    Args:
        paths: the archives, read one after the other.
    """

    def __init__(self, paths: Sequence[pathlib.Path]) -> None:
        self.place = " and ".join(map(str, paths))
        self._paths = paths

    def stamp(self) -> str:
        """Hash names, sizes and times of change of the archives."""
        return digest([file_stamp(path, path.name) for path in self._paths])

    def names(self) -> list[str]:
        """Return the paths of the members.

        Raises:
            UsageError: an archive is missing, no tar archive, or truncated.
        """
        return [name for name, _ in self._members(None)]

    def read(self, start: int) -> Iterator[Item]:
        """Yield the bytes of the members; of one that is too large, one byte more than is allowed."""
        for index, (_, data) in enumerate(self._members(start)):
            if index >= start:
                yield data

    @contextlib.contextmanager
    def _open(self, path: pathlib.Path) -> Iterator[tarfile.TarFile]:
        with open(path, "rb") as raw:
            start = raw.read(6)
            raw.seek(0)
            unpack = next((opener for magic, opener in PACKERS.items() if start.startswith(magic)), None)
            with _Bounded(unpack(raw) if unpack else raw) as file, tarfile.open(fileobj=file, mode="r:") as archive:
                yield archive

    def _members(self, start: int | None) -> Iterator[tuple[str, bytes]]:
        """Yield name and, from number `start` on, bytes of every image."""
        index = 0
        for path in self._paths:
            try:
                with self._open(path) as archive:
                    while member := archive.next():
                        archive.members.clear()  # type: ignore[attr-defined]  # or they pile up
                        if not _is_image(member):
                            continue
                        file = archive.extractfile(member) if start is not None and index >= start else None
                        yield member.name.removeprefix("./"), file.read(MAX_BYTES + 1) if file else b""
                        index += 1
                    # `next` takes a part of a header, or none, for the end; a whole archive ends with empty blocks.
                    assert archive.fileobj is not None
                    if archive.fileobj.tell() < archive.offset + tarfile.BLOCKSIZE:
                        raise EOFError("no end of the archive")
            except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError) as error:
                reason = getattr(error, "strerror", None) or one_line(error)
                raise UsageError(f"{path}: broken or truncated, expected a tar archive ({reason})") from None
