"""A restored photograph in its file, and as the page shows it."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterable

import cv2
import numpy as np

from dlnet_tf.imagefiles.on_screen import reduced
from dlnet_tf.imagefiles.photographs import Photograph, write_photograph

# Longest side of a picture that is shown.
SHOWN = 1600


@dataclasses.dataclass(frozen=True)
class Result:
    """What has become of a photograph.

    Attributes:
        before: without a network, uint8, as large as `after`.
        after: the result as a screen shows it, reduced where it is large.
        size: width and height of the file.
        notes: what a user should read, such as what the file does not hold.
    """

    before: np.ndarray
    after: np.ndarray
    size: tuple[int, int]
    notes: tuple[str, ...]


def finish(photograph: Photograph, restored: np.ndarray, target: pathlib.Path, notes: Iterable[str] = ()) -> Result:
    """Write what was restored as the command line does.

    Args:
        photograph: as it was.
        restored: its pixels now, or those of an enlarged one.
        target: the file.
        notes: what was done, in words.
    """
    lost = write_photograph(target, restored, photograph.profile, photograph.metadata)
    after = reduced(dataclasses.replace(photograph, pixels=restored).shown, SHOWN)
    before = cv2.resize(photograph.shown, after.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return Result(before, after, (restored.shape[1], restored.shape[0]), (*photograph.notes, *notes, *lost))
