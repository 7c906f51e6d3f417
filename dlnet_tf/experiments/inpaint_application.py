"""Using an inpainting or interpolation model: photographs of one's own, and export."""

from __future__ import annotations

import functools
import pathlib
from typing import Any

from dlnet_tf.data.images import has_alpha, read_image
from dlnet_tf.data.masks import read_mask
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.application import export_model, load_one
from dlnet_tf.experiments.inpainting import Inpainting
from dlnet_tf.files import write_bytes
from dlnet_tf.progress import Progress
from dlnet_tf.restoration import Restorer, inpaint
from dlnet_tf.restoration.jobs import encode, jobs, masks_of

__all__ = ["export_model", "restore"]

# Restoring takes up to 50 bytes of memory for each pixel, whatever the network (measured at 4000 x 4000): 3.4 GB here.
MAX_PIXELS = 2**26
# Pixels that are kept are no longer the same after this encoding.
LOSSY = (".jpeg", ".jpg")


def restore(experiment: Inpainting, options: Any) -> None:
    """Fill the missing pixels of a photograph or of a folder of them.

    Args:
        experiment: task and architecture.
        options: the parsed flags.

    Raises:
        UsageError: what the user can mend.
    """
    if not options.input or not options.mask or not options.output:
        raise UsageError("--mode=restore: expected --input, --mask and --output")
    if experiment.arch == "edgeconnect":
        raise UsageError(
            "--arch=edgeconnect: the true edges of a hole are unknown, expected --arch=autoencoder or sft to restore"
        )
    source = pathlib.Path(options.input)
    queue = jobs(source, pathlib.Path(options.output), options.overwrite, MAX_PIXELS)
    paths = masks_of([job.source for job in queue], source, pathlib.Path(options.mask))
    # A mask that cannot be used is told before anything is written.
    for job, path in zip(queue, paths, strict=True):
        read_mask(path, job.size, options.mask_white)
    name, model = load_one(experiment, options)
    restorer = Restorer(model)
    composite = options.composite is not False
    alone = functools.partial(Progress, unit="batch") if len(queue) == 1 else None
    progress = Progress(len(queue), unit="image")
    for job, path in zip(queue, paths, strict=True):
        mask, notes = read_mask(path, job.size, options.mask_white)
        try:
            restored, how = inpaint(restorer, read_image(job.source), mask, experiment.task, composite, alone)
        except UsageError as error:
            raise UsageError(f"{job.source}: {error}") from None
        write_bytes(job.target, encode(job.target, restored))
        progress.advance(job.source.name)
        progress.clear()
        if has_alpha(job.source):
            notes.append(f"{job.source}: its alpha channel (transparency) is left out of the result")
        if composite and job.target.suffix.lower() in LOSSY:
            notes.append(f"{job.target}: JPEG does not keep the known pixels exactly, .png does")
        for note in notes:
            print(note)
        print(f"{job.target}  ({job.size[1]} x {job.size[0]}, {name}: {how})")
