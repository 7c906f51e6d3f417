"""Writing files so that nothing is ever half-written."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from dlnet_tf.errors import UsageError

# Bytes of a file's name that every usual file system takes.
LONGEST_NAME = 255


def hidden_name(stem: str, end: str, room: int = 0) -> str:
    """Return `.<stem><end>`; of a stem for which a file system has no room, the beginning and a hash.

    Args:
        stem: name of the file that it is for.
        end: what the name ends in.
        room: bytes that are put behind it.
    """
    name, allowed = os.fsencode(f".{stem}{end}"), LONGEST_NAME - room
    if len(name) <= allowed:
        return os.fsdecode(name)
    end = hashlib.sha256(name).hexdigest()[:16] + end
    return "." + os.fsencode(stem)[: allowed - 1 - len(os.fsencode(end))].decode(errors="ignore") + end


@contextlib.contextmanager
def writing(path: pathlib.Path) -> Iterator[None]:
    """Say in one line of a `UsageError` why a file cannot be written."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror or error})") from None


def make_atomically(path: pathlib.Path, make: Callable[[pathlib.Path], object]) -> None:
    """Make a file so that `path` is at any moment the old file or the whole new one.

    Args:
        path: the file; its folder is made.
        make: called with the temporary file's name, which ends as that of `path`.

    Raises:
        UsageError: the folder is not writable or the disk is full.
    """
    # One name, so that what a killed process leaves behind is replaced and does not pile up.
    temporary = path.with_name(hidden_name(path.stem, f".partial{path.suffix}"))
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            make(temporary)
            with open(temporary, "rb") as file:
                os.fsync(file.fileno())
            os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def write_atomically(path: pathlib.Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file as `make_atomically` does; `write` is called with the open temporary file."""

    def make(temporary: pathlib.Path) -> None:
        with open(temporary, "wb") as file:
            write(file)

    make_atomically(path, make)


def write_bytes(path: pathlib.Path, data: bytes) -> None:
    """Write a file atomically; raises as `write_atomically`."""
    write_atomically(path, lambda file: file.write(data))


def check_target(path: pathlib.Path, overwrite: bool) -> None:
    """Refuse, before work is done for it, what could not be written at the end.

    Args:
        path: the file or folder that will be written.
        overwrite: whether it may exist.

    Raises:
        UsageError: it exists, or what it lies in is no folder that can be written to.
    """
    if os.path.exists(path) and not overwrite:
        raise UsageError(f"{path}: exists; give --overwrite to replace it")
    parent = next(folder for folder in path.absolute().parents if os.path.exists(folder))
    if not (parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)):
        raise UsageError(f"{path}: cannot be written, {parent} is not a writable folder")


def check_file(path: pathlib.Path, overwrite: bool) -> None:
    """Refuse a target as `check_target` does, and a folder in the place of the file too."""
    if path.is_dir():
        raise UsageError(f"{path}: is a folder, expected the name of a file")
    check_target(path, overwrite)


def write_text(path: pathlib.Path, text: str) -> None:
    """Write a UTF-8 text file atomically; raises as `write_atomically`."""
    write_bytes(path, text.encode("utf-8"))


def new_folder(parent: pathlib.Path, name: str) -> pathlib.Path:
    """Make and return the folder `<parent>/<name>-<n>` with the first free number n.

    Raises:
        UsageError: it cannot be made.
    """
    number = 1
    while True:
        folder = parent / f"{name}-{number}"
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            number += 1
        except OSError as error:
            raise UsageError(f"{folder}: cannot be made ({error.strerror})") from None
