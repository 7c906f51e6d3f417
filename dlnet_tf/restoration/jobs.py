"""Files in, files out: which image becomes which file, and which mask belongs to it."""

from __future__ import annotations

import collections
import dataclasses
import functools
import glob
import logging
import pathlib
from collections.abc import Callable, Sequence

import numpy as np

from dlnet_tf.errors import LeftOut, UsageError, named
from dlnet_tf.files import check_file
from dlnet_tf.imagefiles.folder import SUFFIXES, count_others, list_images
from dlnet_tf.imagefiles.photographs import Photograph, check_output, read_photograph
from dlnet_tf.restoration.blur_estimation import BlurEstimate
from dlnet_tf.restoration.room import Room

_log = logging.getLogger(__name__)


class TooLarge(UsageError):
    """An image has more pixels than --max_memory has room for."""


@dataclasses.dataclass(frozen=True)
class Job:
    """One image to restore.

    Attributes:
        source: image file.
        target: file to write.
        shape: shape of the image, [H, W] or [H, W, C].
        itemsize: bytes of each channel of a pixel, 1 or 2.
        measured: what `Conditions.measure` made of the pixels.
        kept: the photograph, where there is room for it.
    """

    source: pathlib.Path
    target: pathlib.Path
    shape: tuple[int, ...]
    itemsize: int = 1
    measured: BlurEstimate | None = dataclasses.field(default=None, compare=False)
    kept: Photograph | None = dataclasses.field(default=None, compare=False, repr=False)

    def read(self) -> Photograph:
        """Return the photograph, read from its file if it is not kept."""
        return self.kept or read_photograph(self.source)

    @property
    def channels(self) -> int:
        """Number of channels, 1 to 4."""
        return self.shape[2] if len(self.shape) == 3 else 1

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the image."""
        return self.shape[0], self.shape[1]


def root_of(source: pathlib.Path) -> pathlib.Path:
    """Return the folder that names are relative to: of a pattern the part that is the same for all its files."""
    if source.is_dir():
        return source
    if source.is_file():
        return source.parent
    parts = list(source.parts)
    first = next((index for index, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    return pathlib.Path(*parts[:first])


def _found(source: pathlib.Path) -> list[pathlib.Path]:
    """List the image files of a pattern."""
    return sorted(
        path
        for name in glob.glob(str(source), recursive=True)
        if (path := pathlib.Path(name)).suffix.lower() in SUFFIXES and path.is_file()
    )


def _pairs(source: pathlib.Path, target: pathlib.Path) -> list[tuple[pathlib.Path, pathlib.Path]]:
    """Return every input file and its output file."""
    if source.is_file():
        return [(source, target)]
    if source.is_dir() or glob.has_magic(str(source)):
        paths = list_images(source) if source.is_dir() else _found(source)
        # Results of an earlier run are no input.
        paths = [path for path in paths if not _is_in(path, target, source)]
        if source.is_dir():
            _tell_others(source)
        return [(path, target / path.relative_to(root_of(source)).with_suffix(".png")) for path in paths]
    return []


@dataclasses.dataclass(frozen=True)
class Conditions:
    """What every image of a command must meet.

    Attributes:
        overwrite: whether outputs may exist.
        max_pixels: how many pixels an image may have.
        scale: how many times larger the output is along each axis.
        measure: what else is made of the pixels while they are in memory; it may refuse them.
    """

    overwrite: bool
    max_pixels: int
    scale: int = 1
    measure: Callable[[np.ndarray], BlurEstimate] | None = None

    def job(self, source: pathlib.Path, target: pathlib.Path, room: Room, photograph: Photograph) -> Job:
        """Return the job of a photograph that was read, which is kept where there is room; or refuse it."""
        pixels = photograph.pixels
        kept = photograph if room.take(pixels.nbytes) else None
        job = Job(source, target, pixels.shape, pixels.itemsize, kept=kept)
        check_output(target, (self.scale * job.size[0], self.scale * job.size[1]), job.channels * job.itemsize)
        if not self.measure:
            return job
        with named(source):
            return dataclasses.replace(job, measured=self.measure(pixels))


def jobs(
    source: pathlib.Path,
    target: pathlib.Path,
    conditions: Conditions,
    left_out: list[UsageError] | None = None,
    room: Room | None = None,
) -> list[Job]:
    """Pair every input file with its output file, all of which can be read and written.

    Of several files those that cannot be read are named in the log and left out, and files of other kinds are
    counted there.

    Args:
        source: --input, an image file, a folder of them, or a pattern such as photos/**/*.jpg.
        target: --output, the file to write; otherwise the folder of .png files of the same relative names.
        conditions: what each of them must meet.
        left_out: is given the reasons, for `tell_left_out` when the others are done.
        room: for photographs that are kept until they are restored; that of the usual memory by default.

    Returns:
        At least one job, in the order of the names.

    Raises:
        UsageError: an image is missing or has more pixels than it may; none of them can
            be read; an output cannot be written, exists, or is that of two images.
    """
    pairs = _pairs(source, target)
    if not pairs:
        raise UsageError(f"--input={source}: no such file or folder")
    found: list[Job] = []
    unread: list[UsageError] = [] if left_out is None else left_out
    room = room or Room(source)
    for path, output in pairs:
        check_file(output, conditions.overwrite)
        try:
            photograph = read_photograph(path, functools.partial(check_size, path, max_pixels=conditions.max_pixels))
        except TooLarge:
            raise
        except UsageError as error:
            unread.append(error)
        else:
            found.append(conditions.job(path, output, room, photograph))
    _tell(unread, len(pairs))
    output, count = collections.Counter(job.target for job in found).most_common(1)[0]
    if count > 1:
        raise UsageError(f"--input={source}: found {count} images that would all become {output}")
    return found


def _is_in(path: pathlib.Path, target: pathlib.Path, source: pathlib.Path) -> bool:
    """Tell whether a file lies in the folder of results, where that is a part of the input."""
    results = target.resolve()
    return results != root_of(source).resolve() and results in path.resolve().parents


def _tell_others(folder: pathlib.Path) -> None:
    """Log how many files of a folder are no images of a kind that is read."""
    suffixes = count_others(folder)
    if suffixes:
        kinds = ", ".join(f"{count} {suffix or 'without a suffix'}" for suffix, count in suffixes.most_common(8))
        _log.warning("left out: %d other files in %s (%s)", suffixes.total(), folder, kinds)


def _tell(unread: Sequence[UsageError], total: int) -> None:
    """Name the files that cannot be read in the log, or refuse where they are all."""
    if total == 1 and unread:
        raise unread[0]
    for error in unread:
        _log.warning("left out: %s", error)
    if len(unread) == total:
        raise UsageError(f"{unread[0]} (none of {total} files can be read)")


def tell_left_out(source: str | None, done: int, left_out: Sequence[UsageError]) -> None:
    """End a command with the names of the files that could not be read.

    Raises:
        LeftOut: there are some.
    """
    if left_out:
        reasons = "; ".join(map(str, left_out))
        raise LeftOut(f"--input={source}: left out {len(left_out)} of {done + len(left_out)} files: {reasons}")


def check_size(path: pathlib.Path, size: tuple[int, int], max_pixels: int) -> None:
    """Refuse an image of more pixels than --max_memory has room for."""
    if size[0] * size[1] > max_pixels:
        raise TooLarge(
            f"{path}: found {size[1]} x {size[0]} pixels, expected at most {max_pixels:,}; a larger --max_memory "
            "allows more"
        )


def masks_of(images: Sequence[pathlib.Path], source: pathlib.Path, masks: pathlib.Path) -> list[pathlib.Path]:
    """Find the mask file of every image.

    Args:
        images: files of `source`.
        source: --input, one of them, the folder that they are in, or their pattern.
        masks: --mask, a file for all images, or a folder with files of the images' relative names, of any suffix.

    Returns:
        One file for each image.

    Raises:
        UsageError: an image has no mask, or several.
    """
    if masks.is_file():
        return [masks] * len(images)
    if not masks.is_dir():
        raise UsageError(f"--mask={masks}: no such file or folder")
    by_name: dict[pathlib.Path, list[pathlib.Path]] = collections.defaultdict(list)
    for path in list_images(masks):
        by_name[path.relative_to(masks).with_suffix("")].append(path)
    found = []
    for image in images:
        name = image.relative_to(root_of(source)).with_suffix("")
        candidates = by_name.get(name, [])
        if not candidates:
            raise UsageError(f"--mask={masks}: found no mask for {image}, expected {masks / name}.png or the like")
        if len(candidates) > 1:
            raise UsageError(f"--mask={masks}: found {candidates[0]} and {candidates[1]}, expected one for {image}")
        found.append(candidates[0])
    return found
