"""TensorBoard scalars and pictures; nothing at all without a log folder."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from dlnet_tf.errors import UsageError


class Board:
    """Writer of one run.

    Args:
        folder: where event files go, or None for a writer that does nothing.

    Raises:
        UsageError: here and from every method, the folder is not writable or the disk is full.
    """

    def __init__(self, folder: pathlib.Path | None) -> None:
        self._folder = folder
        with self._in_one_line():
            self._writer = tf.summary.create_file_writer(str(folder)) if folder else tf.summary.create_noop_writer()

    @contextlib.contextmanager
    def _in_one_line(self) -> Iterator[None]:
        try:
            yield
        except tf.errors.OpError as error:
            # "... <event file>; <reason>", and below it what TensorFlow was about to do.
            reason = str(error).splitlines()[0].rpartition("; ")[2]
            raise UsageError(f"{self._folder}: cannot be written ({reason})") from None

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Write one point of each curve."""
        with self._in_one_line(), self._writer.as_default(step=step):
            for name, value in values.items():
                tf.summary.scalar(name, value)

    def pictures(self, pictures: Mapping[str, np.ndarray], step: int) -> None:
        """Write picture panels, float [H, W, C] in [0, 1] each."""
        with self._in_one_line(), self._writer.as_default(step=step):
            for name, picture in pictures.items():
                tf.summary.image(name, picture[None])

    def flush(self) -> None:
        """Make sure that what was written is on disk."""
        with self._in_one_line():
            self._writer.flush()
