"""Enlarging clips: a video file or a folder of frames in, the same out."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable

from dlnet_tf.errors import UsageError, named
from dlnet_tf.experiments.given_paths import given_paths
from dlnet_tf.experiments.one_model import load_one
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.options import Enlargement
from dlnet_tf.experiments.super_resolution.told import degradation_parameters
from dlnet_tf.files import check_file
from dlnet_tf.imagefiles.frames import FrameFolder, FrameFolderWriter
from dlnet_tf.imagefiles.video_files import SUFFIXES, VideoReader, is_video_file
from dlnet_tf.imagefiles.video_writer import check_video_target
from dlnet_tf.progress import Progress
from dlnet_tf.restoration import Restorer
from dlnet_tf.restoration.clips import FrameRestorer, enlarge_folder, enlarge_video, estimate
from dlnet_tf.restoration.tiles import cut

# Writes a clip, given what enlarges a frame and what is called after each.
Write = Callable[[FrameRestorer, Callable[[], object]], None]


def restore(experiment: SuperResolution, options: Enlargement) -> None:
    """Enlarge a clip frame by frame.

    Args:
        experiment: backbone and scale; a network of photographs sees each frame alone.
        options: what, of which degradation, and where to.

    Raises:
        UsageError: a flag or a file is wrong.
    """
    source, target = given_paths(input=options.input, output=options.output)
    for name, given in {"sweep": options.sweep, "gallery": options.gallery}.items():
        if given:
            raise UsageError(f"--{name}: found with a clip, expected photographs in --input")
    reader, write = (_folder if source.is_dir() else _video)(source, target, experiment.scale, options.overwrite)
    name, model = load_one(experiment, options)
    parameters = degradation_parameters(options, model)
    with named(source):
        found = estimate(lambda: type(reader)(source).frames(), experiment.scale, parameters)
        told = parameters | found
        restorer = Restorer(model)
        tiles = cut(restorer.model, reader.size, 1, experiment.scale, options.max_memory, told)
    enlarge = FrameRestorer(restorer, experiment.scale, tiles, told)
    # Where a file does not say how long it is there is nothing to draw.
    progress = Progress(reader.total, unit="frame") if reader.total else None
    advance = progress.advance if progress else lambda: None
    write(enlarge, advance)
    if progress:
        progress.clear()
    for note in [*(f"{source}: {name} about {value:.3g}" for name, value in found.items()), *reader.notes()]:
        print(note)
    height, width = (experiment.scale * side for side in reader.size)
    print(f"{target}  ({width} x {height}, {name})")


def _folder(source: pathlib.Path, target: pathlib.Path, scale: int, overwrite: bool) -> tuple[FrameFolder, Write]:
    """Return the reader of a folder of frames, and what writes it enlarged."""
    reader = FrameFolder(source)
    return reader, functools.partial(enlarge_folder, reader, FrameFolderWriter(target, scale, overwrite))


def _video(source: pathlib.Path, target: pathlib.Path, scale: int, overwrite: bool) -> tuple[VideoReader, Write]:
    """Return the reader of a video file, and what writes it enlarged."""
    if not source.exists():
        raise UsageError(f"--input={source}: no such file or folder")
    if not is_video_file(source):
        raise UsageError(
            f"--input={source}: found no clip, expected a folder of frames or a video file, one of "
            f"{', '.join(sorted(SUFFIXES))}"
        )
    reader = VideoReader(source)
    check_file(target, overwrite)
    check_video_target(target, reader.size, scale)
    return reader, functools.partial(enlarge_video, reader, target, scale)
