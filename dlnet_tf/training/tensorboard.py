"""TensorBoard scalars and pictures; nothing at all without a log folder."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping

import numpy as np
import tensorflow as tf


class Board:
    """Writer of one run.

    Args:
        folder: where event files go, or None for a writer that does nothing.
    """

    def __init__(self, folder: pathlib.Path | None) -> None:
        self._writer = tf.summary.create_file_writer(str(folder)) if folder else tf.summary.create_noop_writer()

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Write one point of each curve."""
        with self._writer.as_default(step=step):
            for name, value in values.items():
                tf.summary.scalar(name, value)

    def pictures(self, pictures: Mapping[str, np.ndarray], step: int) -> None:
        """Write picture panels, float [H, W, C] in [0, 1] each."""
        with self._writer.as_default(step=step):
            for name, picture in pictures.items():
                tf.summary.image(name, picture[None])

    def flush(self) -> None:
        """Make sure that what was written is on disk."""
        self._writer.flush()
