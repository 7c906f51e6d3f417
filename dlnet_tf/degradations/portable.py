"""Whether graphs are made of what LiteRT has: nothing of LAPACK, no inverse Fourier transform, no float64."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator

_portable = contextvars.ContextVar("portable", default=False)


@contextlib.contextmanager
def portable() -> Iterator[None]:
    """Within it graphs are portable; what they undo is less exact."""
    token = _portable.set(True)
    try:
        yield
    finally:
        _portable.reset(token)


def is_portable() -> bool:
    """Tell whether graphs are to be portable here."""
    return _portable.get()


def precision() -> str:
    """Return the dtype that W W^T is decomposed in."""
    return "float32" if is_portable() else "float64"
