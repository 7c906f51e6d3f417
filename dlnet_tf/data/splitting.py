"""Rules that say which images are for training, validation and test."""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
from collections.abc import Callable, Sequence

from dlnet_tf.errors import UsageError

SPLITS = ("train", "validation", "test")
# The paper's training set, and what is held out of the files that follow it.
PAPER_TRAIN, PAPER_HELD_OUT = 100_000, 10_000
# Share that is held out, and its largest number, in a set without a split of its own.
HELD_OUT_SHARE, MAX_HELD_OUT = 0.05, 5_000

_FOLDERS = {"train": "train", "val": "validation", "validation": "validation", "test": "test"}


@dataclasses.dataclass(frozen=True)
class SplitRule:
    """How a set is split.

    Attributes:
        words: how, for model cards.
        assign: the split of every name, None for those that are left out.
        stamp: what changes when the rule does.
    """

    words: str
    assign: Callable[[Sequence[str]], list[str | None]]
    stamp: str = ""


def _runs(order: Sequence[int], *counts: int) -> list[str | None]:
    """Give the first of an order to the first split, and so on."""
    found: list[str | None] = [None] * len(order)
    start = 0
    for split, count in zip(SPLITS, counts, strict=True):
        for index in order[start : start + count]:
            found[index] = split
        start += count
    return found


def _first_files(names: Sequence[str]) -> list[str | None]:
    held_out = min(PAPER_HELD_OUT, max(1, len(names) // 12)) if len(names) > 2 else 0
    train = min(PAPER_TRAIN, len(names) - 2 * held_out) if held_out else 0
    order = sorted(range(len(names)), key=names.__getitem__)
    return _runs(order, train, held_out, held_out if held_out else len(names))


FIRST_FILES = SplitRule(
    f"in the order of the names up to {PAPER_TRAIN:,} for training, the next for validation and test",
    _first_files,
)


def _by_hash(names: Sequence[str]) -> list[str | None]:
    held_out = min(MAX_HELD_OUT, max(1, int(HELD_OUT_SHARE * len(names)))) if len(names) > 2 else 0
    # In SUN397 the last part of a name identifies the photograph; elsewhere 001.jpg may be in every folder.
    stems = [pathlib.PurePosixPath(name).stem for name in names]
    own = [stem if stem.startswith("sun_") else name for stem, name in zip(stems, names, strict=True)]
    keys = [(hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest(), text) for text in own]
    order = sorted(range(len(names)), key=keys.__getitem__)
    if not held_out:
        return _runs(order, 0, 0, len(names))
    return _runs(order, len(names) - 2 * held_out, held_out, held_out)


def _by_folder(names: Sequence[str]) -> list[str | None]:
    return [_FOLDERS.get(name.split("/")[0]) for name in names]


def _by_folder_or_hash(names: Sequence[str]) -> list[str | None]:
    by_folder = _by_folder(names)
    return by_folder if None not in by_folder and {"train", "test"} <= set(by_folder) else _by_hash(names)


BY_HASH = SplitRule(f"{HELD_OUT_SHARE:.0%} each for validation and test by a hash of the file names", _by_hash)
BY_FOLDER = SplitRule("split by the folders train, val and test", _by_folder)
BY_FOLDER_OR_HASH = SplitRule(
    "split by the folders train, val and test, or else by a hash of the names", _by_folder_or_hash
)


def partition_rule(path: pathlib.Path) -> SplitRule:
    """Read CelebA's `list_eval_partition.txt`: lines of a file name and 0 (training), 1 (validation) or 2 (test).

    Args:
        path: the partition file.

    Raises:
        UsageError: it cannot be read or has another line; and, when the rule is used, an image is not in it.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as a partition file ({error})") from None
    splits = {}
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != 2 or fields[1] not in ("0", "1", "2"):
            raise UsageError(f"{path}: found {line[:60]!r} in line {number}, expected a file name and 0, 1 or 2")
        splits[fields[0]] = SPLITS[int(fields[1])]
    if not splits:
        raise UsageError(f"{path}: found no lines, expected file names, each with 0, 1 or 2")

    def assign(names: Sequence[str]) -> list[str | None]:
        own = [pathlib.PurePosixPath(name).name for name in names]
        missing = [name for name in own if name not in splits]
        if missing:
            raise UsageError(
                f"{path}: found no line for {len(missing):,} of {len(own):,} images, such as {missing[0]}, "
                "expected every image in it"
            )
        return [splits[name] for name in own]

    return SplitRule("official partition", assign, hashlib.sha256(text.encode()).hexdigest()[:32])
