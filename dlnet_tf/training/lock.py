"""One process a folder: a lock that the kernel takes back however its holder ends."""

from __future__ import annotations

import contextlib
import os
import pathlib
import socket
import sys
from collections.abc import Iterator
from typing import TextIO

from dlnet_tf.errors import UsageError
from dlnet_tf.files import check_target


@contextlib.contextmanager
def locked(directory: pathlib.Path) -> Iterator[None]:
    """Keep other processes that ask for the same out of a folder; it is made, and removed again if it stays empty.

    The lock is flock's, on a file that may outlive a killed process without harm. On a file system that knows no locks,
    and on Windows, nobody is kept out.

    Args:
        directory: the folder of a run.

    Raises:
        UsageError: another process is in it, or it cannot be written to.
    """
    path = directory / ".lock"
    check_target(path, overwrite=True)
    made = [folder for folder in (directory, *directory.parents) if not folder.exists()]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = _open_locked(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from None
    with file:
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                path.unlink()
                for folder in made:
                    folder.rmdir()


def _open_locked(path: pathlib.Path) -> TextIO:
    while True:
        file = open(path, "a+")
        _lock(file, path.parent)
        # The holder before may have removed the file after it was opened here: then others would lock another one.
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            break
        file.close()
    file.truncate(0)
    print(f"process {os.getpid()} on {socket.gethostname()}", file=file, flush=True)
    return file


def _lock(file: TextIO, directory: pathlib.Path) -> None:
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        raise UsageError(
            f"{directory}: another run uses this folder ({holder}), expected another --output_dir"
        ) from None
    except OSError as error:
        print(f"{directory}: no lock ({error.strerror}): make sure that no other run uses this folder", flush=True)
