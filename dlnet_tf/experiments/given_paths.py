"""Paths that a restoration cannot do without."""

from __future__ import annotations

import pathlib

from dlnet_tf.errors import UsageError


def given_paths(**flags: str | pathlib.Path | None) -> list[pathlib.Path]:
    """Return the paths that flags name.

    Args:
        **flags: two or more of --mode restore, all of which are needed.

    Raises:
        UsageError: one of them is not given.
    """
    paths = [pathlib.Path(value) for value in flags.values() if value]
    if len(paths) < len(flags):
        *others, last = (f"--{name}" for name in flags)
        raise UsageError(f"--mode=restore: expected {', '.join(others)} and {last}")
    return paths
