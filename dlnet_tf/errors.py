"""The exception for wrong flags, files and arguments."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator


class UsageError(Exception):
    """Wrong input, said in one line: the file or flag, the value found, the value expected."""


class LeftOut(UsageError):
    """Part of the input could not be used; the rest was, and its results are there."""


# Characters that are quoted of what another library says.
QUOTED = 120


def one_line(words: object) -> str:
    """Return what an error of another library says, in one line."""
    return " ".join(str(words).split())


def quoted(words: object) -> str:
    """Return the start of what another library says, in one line."""
    return one_line(words)[:QUOTED]


@contextlib.contextmanager
def named(path: pathlib.Path) -> Iterator[None]:
    """Put the name of a file before what is refused about it."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
