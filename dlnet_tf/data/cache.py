"""The 64 x 64 images of a set in one file of uint8 pixels: built once, in blocks that outlive a kill, and mapped."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import itertools
import json
import logging
import os
import pathlib
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from dlnet_tf.data.sources import Item, Source, digest
from dlnet_tf.data.splitting import SPLITS, SplitRule
from dlnet_tf.data.thumbnails import SIDE, Shrink, thumbnail
from dlnet_tf.errors import UsageError
from dlnet_tf.files import write_text
from dlnet_tf.imagefiles.folder import MAX_BROKEN_SHARE
from dlnet_tf.progress import Progress

_log = logging.getLogger(__name__)

IMAGE_BYTES = SIDE * SIDE * 3
# Images of which not more than a block are done again after a kill, and those that are in memory at a time.
BLOCK, AT_A_TIME = 512, 32
THREADS = 4
# Part of every fingerprint: changes when the same files would give other pixels.
VERSION = 1
# Seconds; to check a cache another process needs less, and nobody has to be told.
PATIENCE = 3.0


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What a cache is made of.

    Attributes:
        key: name of the cache's files.
        source: the images.
        rule: how they are split.
        shrink: how they become 64 x 64.
    """

    key: str
    source: Source
    rule: SplitRule
    shrink: Shrink

    def fingerprint(self) -> str:
        """Return what changes when the cache must."""
        return digest([VERSION, self.source.stamp(), self.rule.words, self.rule.stamp, self.shrink.__name__])


def _is_writable(folder: pathlib.Path) -> bool:
    while not folder.exists():
        folder = folder.parent
    # The superuser may write anywhere, but a folder that nobody may write to is meant to stay as it is.
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK) and bool(folder.stat().st_mode & 0o222)


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


@contextlib.contextmanager
def _alone(path: pathlib.Path) -> Iterator[None]:
    """Let one process at a time check or build a cache; the others wait, and say so if it takes long."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "ab")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from None
    with file:
        if sys.platform != "win32":
            import fcntl

            patient_until = time.monotonic() + PATIENCE
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > patient_until:
                        _log.warning("%s: waiting for another process that builds this cache", path.with_suffix(""))
                        fcntl.flock(file, fcntl.LOCK_EX)
                        break
                    time.sleep(0.05)
        yield


class Cache:
    """The cache of one set of images.

    Args:
        folder: where it lies.
        recipe: what it is made of.
    """

    def __init__(self, folder: pathlib.Path, recipe: Recipe) -> None:
        self._recipe = recipe
        self._pixels = folder / f"{recipe.key}.u8"
        self._facts = folder / f"{recipe.key}.json"
        self._partial = folder / f"{recipe.key}.partial.u8"
        self._state = folder / f"{recipe.key}.partial.json"

    def splits(self) -> dict[str, np.ndarray]:
        """Return the images of every split, building the cache first where it is missing, stale or damaged.

        Returns:
            "train", "validation" and "test": uint8 [N, 64, 64, 3], mapped from the file and read-only, N may be 0.

        Raises:
            UsageError: a source cannot be read or more than 1 % of its images are broken; or there is no room.
        """
        with _alone(self._pixels.with_suffix(".lock")):
            fingerprint = self._recipe.fingerprint()
            counts = self._check(fingerprint)
            if counts is None:
                counts = self._build(fingerprint)
        total = sum(counts.values())
        shape = (total, SIDE, SIDE, 3)
        images = np.memmap(self._pixels, np.uint8, "r", shape=shape) if total else np.zeros(shape, np.uint8)
        ends = list(itertools.accumulate(counts[split] for split in SPLITS))
        return {split: images[end - counts[split] : end] for split, end in zip(SPLITS, ends, strict=True)}

    def _check(self, fingerprint: str) -> dict[str, int] | None:
        """Return the counts of a cache that is there and whole."""
        if not self._facts.exists():
            return None
        facts = _read_json(self._facts)
        if facts.get("fingerprint") != fingerprint:
            reason = "stale, the files it was made of have changed"
        elif not self._pixels.exists() or _checksum(self._pixels) != facts.get("crc32"):
            reason = "damaged"
        else:
            if facts["skipped"]:
                _log.warning("%s: %d broken images were skipped", self._recipe.source.place, facts["skipped"])
            return facts["counts"]
        _log.warning("%s: %s; it is built again", self._pixels, reason)
        return None

    def _build(self, fingerprint: str) -> dict[str, int]:
        source = self._recipe.source
        names = source.names()
        assigned = self._recipe.rule.assign(names)
        # Sorted by split and name, so that an index means the same image in an archive and in a folder.
        order = sorted(
            (i for i, split in enumerate(assigned) if split),
            key=lambda i: (SPLITS.index(assigned[i] or ""), names[i]),
        )
        places = {item: place for place, item in enumerate(order)}
        if not places:
            raise UsageError(f"{source.place}: found no images, expected at least one")
        size = len(places) * IMAGE_BYTES
        state = _read_json(self._state)
        fresh = state.get("fingerprint") != fingerprint or _size(self._partial) != size
        done, broken = (0, []) if fresh else (state["done"], state["broken"])
        if done:
            _log.info("%s: building goes on after %d of %d files", self._pixels, done, len(names))
        progress = Progress(len(names), done, unit="image")
        items = zip(range(done, len(names)), source.read(done), strict=False)
        try:
            with (
                open(self._partial, "wb" if fresh else "r+b") as file,
                concurrent.futures.ThreadPoolExecutor(THREADS) as pool,
            ):
                file.truncate(size)
                while done < len(names):
                    before = done
                    for _ in range(0, BLOCK, AT_A_TIME):
                        batch = list(itertools.islice(items, AT_A_TIME))
                        kept = [(index, item) for index, item in batch if index in places]
                        for index, pixels in pool.map(lambda pair: self._thumbnail(names, *pair), kept):
                            if pixels is None:
                                broken.append(index)
                            else:
                                file.seek(places[index] * IMAGE_BYTES)
                                file.write(pixels.tobytes())
                        self._refuse_if_many(len(broken), len(places))
                        done += len(batch)
                        for _ in batch:
                            progress.advance(self._recipe.key)
                    if done == before:
                        raise UsageError(
                            f"{source.place}: found {done} of {len(names)} images; the set changes while it is read"
                        )
                    file.flush()
                    os.fsync(file.fileno())
                    state = {"fingerprint": fingerprint, "done": done, "broken": broken}
                    write_text(self._state, json.dumps(state))
        except OSError as error:
            raise UsageError(f"{self._partial}: cannot be written ({error.strerror or error})") from None
        finally:
            progress.clear()
        return self._finish(fingerprint, [assigned[i] or "" for i in order], {places[i] for i in broken})

    def _thumbnail(self, names: list[str], index: int, item: Item) -> tuple[int, np.ndarray | None]:
        try:
            return index, thumbnail(names[index], item, self._recipe.shrink)
        except UsageError as error:
            _log.warning("skipped %s of %s", error, self._recipe.source.place)
            return index, None

    def _refuse_if_many(self, broken: int, total: int) -> None:
        if broken > MAX_BROKEN_SHARE * total:
            self._state.unlink(missing_ok=True)
            self._partial.unlink(missing_ok=True)
            raise UsageError(
                f"{self._recipe.source.place}: {broken} of {total} image files are broken (named above; "
                f"the rest was not read), expected at most {MAX_BROKEN_SHARE:.0%}"
            )

    def _finish(self, fingerprint: str, splits: list[str], broken: set[int]) -> dict[str, int]:
        """Close the gaps of broken images, and make what was built the cache."""
        try:
            if broken:
                _close_gaps(self._partial, broken, len(splits))
            splits = [split for place, split in enumerate(splits) if place not in broken]
            counts = {split: splits.count(split) for split in SPLITS}
            facts = {
                "fingerprint": fingerprint,
                "counts": counts,
                "skipped": len(broken),
                "crc32": _checksum(self._partial),
            }
            os.replace(self._partial, self._pixels)
            write_text(self._facts, json.dumps(facts))
            self._state.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"{self._pixels}: cannot be written ({error.strerror or error})") from None
        if broken:
            _log.warning("%s: skipped %d broken images", self._recipe.source.place, len(broken))
        return counts


def _close_gaps(path: pathlib.Path, gaps: set[int], images: int) -> None:
    # Into another file: a kill in the middle of this leaves the first as it was.
    other = path.with_suffix(".closed")
    with open(path, "rb") as source, open(other, "wb") as target:
        for place in range(images):
            pixels = source.read(IMAGE_BYTES)
            if place not in gaps:
                target.write(pixels)
        target.flush()
        os.fsync(target.fileno())
    os.replace(other, path)


def _checksum(path: pathlib.Path) -> int:
    checksum = 0
    with open(path, "rb") as file:
        while data := file.read(2**22):
            checksum = zlib.crc32(data, checksum)
    return checksum


def _size(path: pathlib.Path) -> int:
    return path.stat().st_size if path.exists() else -1


def _read_json(path: pathlib.Path) -> dict[str, Any]:
    """Read one of the files beside the pixels; what is missing or damaged counts as empty."""
    try:
        facts = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}
