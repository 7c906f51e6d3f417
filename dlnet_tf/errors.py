"""The exception for wrong flags, files and arguments."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator


class UsageError(Exception):
    """Wrong input, said in one line: the file or flag, the value found, the value expected."""


class LeftOut(UsageError):
    """Part of the input could not be used; the rest was, and its results are there."""


@contextlib.contextmanager
def named(path: pathlib.Path) -> Iterator[None]:
    """Put the name of a file before what is refused about it."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
