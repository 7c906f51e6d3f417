"""What the page does with a picture in which something is to be filled; nothing of the page."""

from __future__ import annotations

import functools
import pathlib
import threading
from collections.abc import Callable

import cv2
import numpy as np

from dlnet_tf import keras_models, zoo
from dlnet_tf.app.result import Result, finish
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.inpainting.restoring import lossy_notes, max_pixels_of
from dlnet_tf.imagefiles.masks import grow, read_mask
from dlnet_tf.imagefiles.photographs import Photograph, read_photograph
from dlnet_tf.options import MAX_MEMORY
from dlnet_tf.restoration import Restorer, inpaint
from dlnet_tf.restoration.hints import doubt
from dlnet_tf.restoration.inpaint import count_batches, layout_of
from dlnet_tf.restoration.jobs import check_size

TASK = "inpaint"
# In words of the page, which has no flags.
DOUBTS = {
    "most": "most of the picture is white and was filled; if white is to stay, exchange black and white in the mask",
    "scattered": "pixels are marked one by one, while this fills holes; the command line has --task=interp for them",
}


class Filler:
    """Fills holes for the page; each model is loaded once.

    Args:
        max_memory: what the whole process may take, in GB.
    """

    def __init__(self, max_memory: float = MAX_MEMORY) -> None:
        self.max_memory = max_memory
        self._lock = threading.Lock()
        self._load = functools.lru_cache(_load)
        self.read = functools.lru_cache(maxsize=2)(self._read)

    def _read(self, path: pathlib.Path) -> Photograph:
        """Read a photograph, or refuse it in one line."""
        photograph = read_photograph(
            path, functools.partial(check_size, path, max_pixels=max_pixels_of(self.max_memory))
        )
        pixels = photograph.pixels
        channels = pixels.shape[2] if pixels.ndim == 3 else 1
        check_size(path, pixels.shape[:2], max_pixels_of(self.max_memory, channels, pixels.itemsize))
        return photograph

    def fill(
        self,
        path: pathlib.Path,
        model: str,
        mask: pathlib.Path | None,
        painted: np.ndarray | None,
        pixels: int,
        target: pathlib.Path,
        progress: Callable[[int, int], object],
    ) -> Result:
        """Fill what a mask or a brush marks, and write the photograph as the command line does.

        Args:
            path: path of the photograph.
            model: one of `zoo.titles("inpaint")`.
            mask: file in which white is to be filled.
            painted: what was painted on the reduced picture, bool [H, W]; it is filled beside the white of the mask.
            pixels: by which it is grown.
            target: the file to write.
            progress: told how many batches of how many are done; what it raises ends the work.

        Raises:
            UsageError: a flag or a file is wrong.
        """
        photograph = self.read(path)
        height, width = photograph.pixels.shape[:2]
        observed = np.ones((height, width, 1), np.float32)
        notes: list[str] = []
        if mask:
            observed, notes = read_mask(mask, (height, width))
            odd = doubt(observed, TASK)
            notes += [f"{mask}: {DOUBTS[odd]}"] if odd else []
        if painted is not None and painted.any():
            if not observed.all():
                notes.append(f"{mask}: what is white in the mask and what is painted are both filled")
            brushed = cv2.resize(painted.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
            observed = observed * (1 - brushed[..., None])
        if observed.all():
            raise UsageError("nothing is marked: paint over what you want to remove, or drop a mask with it in white")
        observed = grow(observed, pixels)
        layout = layout_of(observed, TASK)
        total = count_batches(layout)
        done = iter(range(1, total + 1))
        progress(0, total)
        with self._lock:
            restorer = self._load(model)
        filled, how = inpaint(
            restorer, photograph.pixels, observed, TASK, progress=lambda: progress(next(done), total), layout=layout
        )
        return finish(photograph, filled, target, [how, *notes, *lossy_notes(target)])


def _load(name: str) -> Restorer:
    return Restorer(keras_models.load(zoo.find(name)))
