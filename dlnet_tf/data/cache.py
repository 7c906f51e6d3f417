"""The 64 x 64 images of a set in one file of uint8 pixels: built once, checked at every start, and mapped."""

from __future__ import annotations

import contextlib
import itertools
import logging
import pathlib
import sys
import time
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from dlnet_tf.data.cache_building import Builder, Recipe
from dlnet_tf.data.cache_files import CacheFiles, checksum, read_json
from dlnet_tf.data.splitting import SPLITS
from dlnet_tf.data.thumbnails import SIDE
from dlnet_tf.files import writing

_log = logging.getLogger(__name__)

# Seconds; to check a cache another process needs less, and nobody has to be told.
PATIENCE = 3.0


class Cache:
    """The cache of one set of images.

    Args:
        folder: where it lies.
        recipe: what it is made of.
    """

    def __init__(self, folder: pathlib.Path, recipe: Recipe) -> None:
        self._recipe, self._files = recipe, CacheFiles(folder, recipe.key)

    def splits(self) -> dict[str, np.ndarray]:
        """Return the images of every split, building the cache first where it is missing, stale or damaged.

        Returns:
            "train", "validation" and "test": uint8 [N, 64, 64, 3], mapped from the file and read-only, N may be 0.

        Raises:
            UsageError: a source cannot be read or more than 1 % of its images are broken; or there is no room.
        """
        with _alone(self._files.lock):
            fingerprint = self._recipe.fingerprint()
            counts = self._check(fingerprint)
            if counts is None:
                counts = Builder(self._files, self._recipe, fingerprint).build()
        total = sum(counts.values())
        shape = (total, SIDE, SIDE, 3)
        images = np.memmap(self._files.pixels, np.uint8, "r", shape=shape) if total else np.zeros(shape, np.uint8)
        ends = list(itertools.accumulate(counts[split] for split in SPLITS))
        return {split: images[end - counts[split] : end] for split, end in zip(SPLITS, ends, strict=True)}

    def _check(self, fingerprint: str) -> dict[str, int] | None:
        """Return the counts of a cache that is there and whole."""
        if not self._files.facts.exists():
            return None
        pixels, facts = self._files.pixels, read_json(self._files.facts)
        if facts.get("fingerprint") != fingerprint:
            reason = "stale, the files it was made of have changed"
        elif not pixels.exists() or checksum(pixels) != facts.get("crc32"):
            reason = "damaged"
        else:
            if facts["skipped"]:
                _log.warning("%s: %d broken images were skipped", self._recipe.source.place, facts["skipped"])
            return facts["counts"]
        _log.warning("%s: %s; it is built again", pixels, reason)
        return None


@contextlib.contextmanager
def _alone(path: pathlib.Path) -> Iterator[None]:
    """Let one process at a time check or build a cache; the others wait, and say so if it takes long."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "ab")
    with file:
        _lock(file, path)
        yield


def _lock(file: BinaryIO, path: pathlib.Path) -> None:
    if sys.platform == "win32":
        return
    import fcntl

    patient_until = time.monotonic() + PATIENCE
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > patient_until:
                break
            time.sleep(0.05)
    _log.warning("%s: waiting for another process that builds this cache", path.with_suffix(""))
    fcntl.flock(file, fcntl.LOCK_EX)
