"""Restoring photographs from the command line: each is read, enlarged and written."""

from __future__ import annotations

import functools

from dlnet_tf.errors import UsageError, named
from dlnet_tf.experiments.given_paths import given_paths
from dlnet_tf.experiments.one_model import load_one
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.options import Enlargement
from dlnet_tf.experiments.super_resolution.sweep import write_sweep
from dlnet_tf.experiments.super_resolution.told import blur_of, degradation_parameters, noise_of
from dlnet_tf.imagefiles.photographs import write_photograph
from dlnet_tf.progress import Progress
from dlnet_tf.reporting.gallery_option import Gallery
from dlnet_tf.restoration import Restorer, super_resolve
from dlnet_tf.restoration.blur_estimation import AUTO, estimate_blur_width
from dlnet_tf.restoration.jobs import Conditions, jobs, tell_left_out
from dlnet_tf.restoration.room import Room
from dlnet_tf.restoration.tiles import BASE, cut


def max_pixels_of(scale: int, max_memory: float) -> int:
    """Return the largest photograph whose result and what encodes it fit into the memory, at 8 bits RGB."""
    return max(0, int((max_memory - BASE) * 1e9 / (3 + 7 * scale**2)))


def restore(experiment: SuperResolution, options: Enlargement) -> None:
    """Enlarge photographs.

    Args:
        experiment: backbone and scale.
        options: what, of which degradation, and where to.

    Raises:
        UsageError: a flag or a file is wrong; LeftOut at the end, where files could not be read.
    """
    source, target = given_paths(input=options.input, output=options.output)
    room = Room(source, options.max_memory)
    max_pixels = max_pixels_of(experiment.scale, room.memory)
    if options.sweep:
        write_sweep(experiment, options, source, target, max_pixels)
        return
    # A photograph whose blur cannot be estimated is reported before anything is written.
    measure = functools.partial(estimate_blur_width, scale=experiment.scale) if options.blur_width == AUTO else None
    left_out: list[UsageError] = []
    conditions = Conditions(options.overwrite, max_pixels, experiment.scale, measure)
    queue = jobs(source, target, conditions, left_out, room)
    gallery = Gallery(queue, options)
    name, model = load_one(experiment, options)
    parameters = degradation_parameters(options, model)
    restorer = Restorer(model)
    tilings = []
    for job in queue:
        with named(job.source):
            of_photograph = (job.shape, job.itemsize, experiment.scale)
            tilings.append(cut(restorer.model, *of_photograph, options.max_memory, parameters, room.held))
    progress = Progress(sum(map(len, tilings)), unit="tile")
    for job, tiles in zip(queue, tilings, strict=True):
        photograph = job.read()
        notes = list(photograph.notes)
        with named(job.source):
            blur, said = blur_of(options, str(job.source), photograph, experiment.scale, job.measured)
            notes += said
            restored = super_resolve(
                restorer,
                photograph.pixels,
                experiment.scale,
                tiles=tiles,
                progress=functools.partial(progress.advance, job.source.name),
                **(parameters | blur | noise_of(options, restorer, photograph)),
            )
        notes += write_photograph(job.target, restored, photograph.profile, photograph.metadata)
        progress.clear()
        for note in notes:
            print(note)
        print(f"{job.target}  ({restored.shape[1]} x {restored.shape[0]}, {name})")
    gallery.write(name, f"enlarged {experiment.scale} times")
    tell_left_out(options.input, len(queue), left_out)
