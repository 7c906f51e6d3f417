"""Where the files of a cache lie, and how they are read."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import tempfile
import zlib
from typing import Any


class CacheFiles:
    """The files of one cache.

    Args:
        folder: where they lie.
        key: what their names begin with.

    Attributes:
        pixels: uint8, one image after another.
        facts: what is known of them: fingerprint, counts, checksum.
        lock: held by the process that checks or builds the cache.
        partial: the pixels while they are built.
        state: how far the building is.
    """

    def __init__(self, folder: pathlib.Path, key: str) -> None:
        self.pixels, self.facts, self.lock, self.partial, self.state = (
            folder / f"{key}.{end}" for end in ("u8", "json", "lock", "partial.u8", "partial.json")
        )


def cache_folder(data_dir: pathlib.Path) -> pathlib.Path:
    """Return where the caches of a data folder lie: in it, or else in the user's cache or the temporary folder."""
    inside = (data_dir if data_dir.is_dir() else data_dir.parent) / ".cache64"
    if _is_writable(inside):
        return inside
    name = f"{data_dir.name or 'data'}-{hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:8]}"
    user = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "dlnet_tf", name)
    # A name in the temporary folder could be taken by another user, with other pixels in it.
    other = pathlib.Path(tempfile.gettempdir(), f"dlnet_tf-{os.getuid() if hasattr(os, 'getuid') else 'user'}", name)
    return user if _is_writable(user) else other


def _is_writable(folder: pathlib.Path) -> bool:
    while not folder.exists():
        folder = folder.parent
    # The superuser may write anywhere, but a folder that nobody may write to is meant to stay as it is.
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK) and bool(folder.stat().st_mode & 0o222)


def checksum(path: pathlib.Path) -> int:
    """Return the CRC-32 of a file."""
    total = 0
    with open(path, "rb") as file:
        while data := file.read(2**22):
            total = zlib.crc32(data, total)
    return total


def read_json(path: pathlib.Path) -> dict[str, Any]:
    """Read one of the files beside the pixels; what is missing or damaged counts as empty."""
    try:
        facts = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}
