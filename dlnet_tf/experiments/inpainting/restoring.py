"""Filling photographs from the command line: each is read with its mask, filled and written."""

from __future__ import annotations

import functools
import pathlib

import numpy as np

from dlnet_tf.errors import UsageError, named
from dlnet_tf.experiments.given_paths import given_paths
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.experiments.inpainting.options import Filling
from dlnet_tf.experiments.one_model import load_one
from dlnet_tf.imagefiles.masks import grow, read_mask
from dlnet_tf.imagefiles.photographs import write_photograph
from dlnet_tf.networks import NETWORKS, of_task
from dlnet_tf.progress import Progress
from dlnet_tf.reporting.gallery_option import Gallery
from dlnet_tf.restoration import Restorer, inpaint
from dlnet_tf.restoration.hints import hints
from dlnet_tf.restoration.inpaint import bytes_per_pixel, count_batches, layout_of
from dlnet_tf.restoration.jobs import Conditions, Job, check_size, jobs, masks_of, tell_left_out
from dlnet_tf.restoration.room import Room
from dlnet_tf.restoration.tiles import BASE
from dlnet_tf.restoration.windows import Layout

# Pixels that are kept are no longer the same after this encoding.
JPEG = (".jpeg", ".jpg")


def max_pixels_of(max_memory: float, channels: int = 1, itemsize: int = 1) -> int:
    """Return the largest photograph that fits into the memory, whatever the network."""
    return max(0, int((max_memory - BASE) * 1e9 / bytes_per_pixel(channels, itemsize)))


def lossy_notes(target: pathlib.Path) -> list[str]:
    """Return a note on a file whose format changes the pixels that are kept, if it is one."""
    if target.suffix.lower() in JPEG:
        return [f"{target}: JPEG does not keep the known pixels exactly, .png does"]
    return []


class _Masks:
    """The masks of photographs with notes and the layout of what is restored, made once while there is room."""

    def __init__(self, experiment: Inpainting, options: Filling, room: Room) -> None:
        self._task, self._options, self._room = experiment.task, options, room
        self._composite = options.composite is not False
        self._kept: dict[tuple[pathlib.Path, tuple[int, int]], tuple[np.ndarray, list[str], Layout]] = {}

    def of(self, path: pathlib.Path, job: Job) -> tuple[np.ndarray, list[str], Layout]:
        """Return the mask of a photograph, what there is to say of it, and what is restored from where."""
        key = path, job.size
        if key in self._kept:
            return self._kept[key]
        read, notes = read_mask(path, job.size, self._options.mask_white)
        mask = grow(read, self._options.grow)
        notes += hints(path, mask, self._task, self._options.mask_white)
        made = mask, notes, layout_of(mask, self._task, self._composite)
        if self._room.take(mask.nbytes + made[2].labels.nbytes):
            self._kept[key] = made
        return made


def _check(experiment: Inpainting) -> None:
    """Refuse a network that is told what nobody knows of a photograph."""
    if experiment.takes_edges:
        others = " or ".join(name for name in of_task(experiment.task) if not NETWORKS[name].edges)
        raise UsageError(
            f"--arch={experiment.arch}: needs the true edges, which are unknown in a hole, expected --arch={others} to "
            "restore"
        )


def restore(experiment: Inpainting, options: Filling) -> None:
    """Fill the missing pixels of photographs.

    Args:
        experiment: task and architecture.
        options: what, with which masks, and where to.

    Raises:
        UsageError: a flag or a file is wrong; LeftOut at the end, where files could not be read.
    """
    source, masks, target = given_paths(input=options.input, mask=options.mask, output=options.output)
    _check(experiment)
    left_out: list[UsageError] = []
    room = Room(source, options.max_memory)
    conditions = Conditions(options.overwrite, max_pixels_of(room.memory))
    queue = jobs(source, target, conditions, left_out, room)
    for job in queue:
        check_size(job.source, job.size, max_pixels_of(room.memory, job.channels, job.itemsize))
    paths = masks_of([job.source for job in queue], source, masks)
    composite = options.composite is not False
    pairs = list(zip(paths, queue, strict=True))
    made = _Masks(experiment, options, room)
    # A mask that cannot be used is reported before anything is written.
    batches = sum(count_batches(made.of(*pair)[2]) for pair in pairs)
    gallery = Gallery(queue, options)
    name, model = load_one(experiment, options)
    restorer = Restorer(model)
    progress = Progress(batches, unit="batch")
    for path, job in pairs:
        photograph = job.read()
        mask, of_mask, layout = made.of(path, job)
        with named(job.source):
            restored, how = inpaint(
                restorer,
                photograph.pixels,
                mask,
                experiment.task,
                composite,
                functools.partial(progress.advance, job.source.name),
                layout,
            )
        notes = [*of_mask, *photograph.notes]
        notes += write_photograph(job.target, restored, photograph.profile, photograph.metadata)
        progress.clear()
        notes += lossy_notes(job.target) if composite else []
        for note in notes:
            print(note)
        print(f"{job.target}  ({job.size[1]} x {job.size[0]}, {name}: {how})")
    gallery.write(name, "filled")
    tell_left_out(options.input, len(queue), left_out)
