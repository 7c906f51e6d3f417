"""A cache is built in blocks that outlive a kill: what it is made of, and how."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import itertools
import json
import logging
import os
import pathlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from dlnet_tf.data.cache_files import CacheFiles, checksum, read_json
from dlnet_tf.data.sources import Item, Source, digest
from dlnet_tf.data.splitting import SPLITS, SplitRule
from dlnet_tf.data.thumbnails import SIDE, Shrink, thumbnail
from dlnet_tf.errors import UsageError
from dlnet_tf.files import write_text, writing
from dlnet_tf.imagefiles.folder import MAX_BROKEN_SHARE
from dlnet_tf.progress import Progress

_log = logging.getLogger(__name__)

IMAGE_BYTES = SIDE * SIDE * 3
# Images of which not more than a block are done again after a kill, and those that are in memory at a time.
BLOCK, AT_A_TIME = 512, 32
THREADS = 4
# Part of every fingerprint: changes when the same files would give other pixels.
VERSION = 1


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


class Builder:
    """Builds a cache; goes on where a process was killed that built the same.

    Args:
        files: those of the cache.
        recipe: what it is made of.
        fingerprint: that of the recipe.

    Raises:
        UsageError: the source cannot be read, or there are no images.
    """

    def __init__(self, files: CacheFiles, recipe: Recipe, fingerprint: str) -> None:
        self._files, self._recipe, self._fingerprint = files, recipe, fingerprint
        self._names = recipe.source.names()
        splits = recipe.rule.assign(self._names)
        # Sorted by split and name, so that an index means the same image in an archive and in a folder.
        order = sorted((SPLITS.index(split), self._names[index], index) for index, split in enumerate(splits) if split)
        if not order:
            raise UsageError(f"{recipe.source.place}: found no images, expected at least one")
        self._splits = [SPLITS[split] for split, _, _ in order]
        self._places = {index: place for place, (_, _, index) in enumerate(order)}
        self._done = 0
        self._broken: list[int] = []

    def build(self) -> dict[str, int]:
        """Build the cache, and return the number of images of every split.

        Raises:
            UsageError: the source cannot be read or more than 1 % of its images are broken; or there is no room.
        """
        size = len(self._places) * IMAGE_BYTES
        goes_on = self._take_up(size)
        progress = Progress(len(self._names), self._done, unit="image")
        try:
            with writing(self._files.partial), open(self._files.partial, "r+b" if goes_on else "wb") as file:
                file.truncate(size)
                self._fill(file, progress)
        finally:
            progress.clear()
        with writing(self._files.pixels):
            return self._finish()

    def _take_up(self, size: int) -> bool:
        """Read how far an earlier process came with the same cache, and tell whether there was one."""
        partial, state = self._files.partial, read_json(self._files.state)
        if state.get("fingerprint") != self._fingerprint or not partial.exists() or partial.stat().st_size != size:
            return False
        self._done, self._broken = state["done"], state["broken"]
        _log.info("%s: building goes on after %d of %d files", self._files.pixels, self._done, len(self._names))
        return True

    def _fill(self, file: BinaryIO, progress: Progress) -> None:
        """Write all images that are not done yet, and after each block how far that is."""
        source = self._recipe.source
        items = zip(range(self._done, len(self._names)), source.read(self._done), strict=False)
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            while self._done < len(self._names):
                before = self._done
                for batch in _batches(items):
                    self._write(file, pool.map(self._thumbnail, (pair for pair in batch if pair[0] in self._places)))
                    self._done += len(batch)
                    for _ in batch:
                        progress.advance(self._recipe.key)
                if self._done == before:
                    raise UsageError(
                        f"{source.place}: found {before} of {len(self._names)} images; the set changes while it is read"
                    )
                file.flush()
                os.fsync(file.fileno())
                state = {"fingerprint": self._fingerprint, "done": self._done, "broken": self._broken}
                write_text(self._files.state, json.dumps(state))

    def _thumbnail(self, pair: tuple[int, Item]) -> tuple[int, np.ndarray | None]:
        """Return the pixels of an image with its index; None where it is broken."""
        index, item = pair
        try:
            return index, thumbnail(self._names[index], item, self._recipe.shrink)
        except UsageError as error:
            _log.warning("skipped %s of %s", error, self._recipe.source.place)
            return index, None

    def _write(self, file: BinaryIO, images: Iterator[tuple[int, np.ndarray | None]]) -> None:
        """Write images at their places, and refuse the source if too many of them are broken."""
        for index, pixels in images:
            if pixels is None:
                self._broken.append(index)
            else:
                file.seek(self._places[index] * IMAGE_BYTES)
                file.write(pixels.tobytes())
        broken, total = len(self._broken), len(self._places)
        if broken > MAX_BROKEN_SHARE * total:
            self._files.state.unlink(missing_ok=True)
            self._files.partial.unlink(missing_ok=True)
            raise UsageError(
                f"{self._recipe.source.place}: {broken} of {total} image files are broken (named above; "
                f"the rest was not read), expected at most {MAX_BROKEN_SHARE:.0%}"
            )

    def _finish(self) -> dict[str, int]:
        """Close the gaps of broken images, and make what was built the cache."""
        files, gaps = self._files, {self._places[index] for index in self._broken}
        if gaps:
            _close_gaps(files.partial, gaps, len(self._places))
        splits = [split for place, split in enumerate(self._splits) if place not in gaps]
        counts = {split: splits.count(split) for split in SPLITS}
        facts = {
            "fingerprint": self._fingerprint,
            "counts": counts,
            "skipped": len(gaps),
            "crc32": checksum(files.partial),
        }
        os.replace(files.partial, files.pixels)
        write_text(files.facts, json.dumps(facts))
        files.state.unlink(missing_ok=True)
        if gaps:
            _log.warning("%s: skipped %d broken images", self._recipe.source.place, len(gaps))
        return counts


def _batches(items: Iterator[tuple[int, Item]]) -> Iterator[list[tuple[int, Item]]]:
    """Yield the next block of images by as many as are in memory at a time."""
    for _ in range(0, BLOCK, AT_A_TIME):
        yield list(itertools.islice(items, AT_A_TIME))


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
