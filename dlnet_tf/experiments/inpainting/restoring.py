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
from dlnet_tf.progress import Progress
from dlnet_tf.reporting.gallery_option import Gallery
from dlnet_tf.restoration import Restorer, inpaint
from dlnet_tf.restoration.hints import hints
from dlnet_tf.restoration.inpaint import bytes_per_pixel, count_batches, layout_of
from dlnet_tf.restoration.jobs import KEPT, Job, check_size, jobs, masks_of, tell_left_out
from dlnet_tf.restoration.tiles import BASE
from dlnet_tf.restoration.windows import Layout

# Pixels that are kept are no longer the same after this encoding.
LOSSY = (".jpeg", ".jpg")


def max_pixels_of(max_memory: float, channels: int = 1, itemsize: int = 1) -> int:
    """Return the largest photograph that fits into the memory, whatever the network."""
    return max(0, int((max_memory - BASE) * 1e9 / bytes_per_pixel(channels, itemsize)))


def lossy_notes(target: pathlib.Path) -> list[str]:
    """Return a note on a file whose format changes the pixels that are kept, if it is one."""
    if target.suffix.lower() in LOSSY:
        return [f"{target}: JPEG does not keep the known pixels exactly, .png does"]
    return []


def _read_mask(path: pathlib.Path, job: Job, options: Filling) -> tuple[np.ndarray, list[str]]:
    mask, notes = read_mask(path, job.size, options.mask_white)
    return grow(mask, options.grow), notes


def _check(experiment: Inpainting) -> None:
    """Refuse a network that is told what nobody knows of a photograph."""
    if experiment.takes_edges:
        raise UsageError(
            f"--arch={experiment.arch}: needs the true edges, which are unknown in a hole, expected --arch=autoencoder "
            "or sft to restore"
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
    max_pixels = max_pixels_of(options.max_memory)
    queue = jobs(source, target, options.overwrite, max_pixels, left_out=left_out)
    for job in queue:
        check_size(job.source, job.size, max_pixels_of(options.max_memory, job.channels, job.itemsize))
    paths = masks_of([job.source for job in queue], source, masks)
    composite = options.composite is not False
    pairs = list(zip(queue, paths, strict=True))

    def prepare(job: Job, path: pathlib.Path) -> tuple[np.ndarray, list[str], Layout]:
        mask, notes = _read_mask(path, job, options)
        notes += hints(path, mask, experiment.task, options.mask_white)
        return mask, notes, layout_of(mask, experiment.task, composite)

    # A mask that cannot be used is reported before anything is written; those that there is no room for are read again.
    kept: list[tuple[np.ndarray, list[str], Layout] | None] = []
    batches, room = 0, KEPT
    for pair in pairs:
        prepared = prepare(*pair)
        batches += count_batches(prepared[2])
        room -= prepared[0].nbytes
        kept.append(prepared if room >= 0 or len(pairs) == 1 else None)
    gallery = Gallery(queue, options)
    name, model = load_one(experiment, options)
    restorer = Restorer(model)
    progress = Progress(batches, unit="batch")
    for (job, path), prepared_before in zip(pairs, kept, strict=True):
        photograph = job.read()
        mask, notes, layout = prepared_before or prepare(job, path)
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
        notes += [*photograph.notes, *write_photograph(job.target, restored, photograph.profile, photograph.metadata)]
        progress.clear()
        notes += lossy_notes(job.target) if composite else []
        for note in notes:
            print(note)
        print(f"{job.target}  ({job.size[1]} x {job.size[0]}, {name}: {how})")
    gallery.write(name, "filled")
    tell_left_out(options.input, len(queue), left_out)
