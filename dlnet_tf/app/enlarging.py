"""What the page does with a picture to be enlarged, by the functions behind `--mode restore`; nothing of the page."""

from __future__ import annotations

import functools
import pathlib
import threading
from collections.abc import Callable

import numpy as np

from dlnet_tf import keras_models, zoo
from dlnet_tf.app.result import Result, finish
from dlnet_tf.experiments.super_resolution.options import Enlargement, Level
from dlnet_tf.experiments.super_resolution.restoring import max_pixels_of
from dlnet_tf.experiments.super_resolution.told import degradation_parameters, noise_of
from dlnet_tf.imagefiles.on_screen import on_white
from dlnet_tf.imagefiles.photographs import Photograph, read_photograph
from dlnet_tf.options import MAX_MEMORY
from dlnet_tf.restoration import Restorer, super_resolve
from dlnet_tf.restoration.blur_estimation import BlurEstimate, estimate_blur_width
from dlnet_tf.restoration.jobs import check_size
from dlnet_tf.restoration.parameter_check import Parameters
from dlnet_tf.restoration.receptive_field import magnification
from dlnet_tf.restoration.sweep import bicubic, part_of
from dlnet_tf.restoration.tiles import cut

# The model that the page begins with: what the command line takes, too, where nothing is said.
USUAL = "idn_x3"
# Side of the preview in pixels of the photograph.
PREVIEW = 96


class Enlarger:
    """Enlarges for the page; each model is loaded once.

    Args:
        max_memory: what the whole process may take, in GB.
    """

    def __init__(self, max_memory: float = MAX_MEMORY) -> None:
        self.max_memory = max_memory
        self._lock = threading.Lock()
        self._load = functools.lru_cache(_load)
        # The events of a page follow each other: the last photographs are enough.
        self._read = functools.lru_cache(maxsize=2)(_read)

    def prepare(self) -> None:
        """Load the usual model and use it once, and what estimates the blur: so the first picture waits for neither."""
        restorer, scale = self._model(USUAL)
        picture = np.arange(64 * 64).reshape(64, 64).astype(np.uint8)
        super_resolve(restorer, picture, scale, blur_width=estimate_blur_width(picture, scale).blur_width)

    def read(self, path: pathlib.Path, model: str) -> Photograph:
        """Read a photograph, or refuse it in one line."""
        return self._read(path, max_pixels_of(self._model(model)[1], self.max_memory))

    def estimate(self, path: pathlib.Path, model: str) -> BlurEstimate:
        """Estimate the blur width of a photograph."""
        return estimate_blur_width(self.read(path, model).pixels, self._model(model)[1])

    def preview(
        self,
        path: pathlib.Path,
        model: str,
        blur_width: float,
        noise_sigma: Level | None = None,
        centre: tuple[int, int] | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Enlarge a part of a photograph, without and with the network.

        Args:
            path: path of the photograph.
            model: one of `zoo.titles("sisr")`.
            blur_width: u.
            noise_sigma: what --noise_sigma takes; None for what the file itself says.
            centre: (column, row) of the part's middle; None for where detail is.

        Returns:
            Two uint8 images of one size, with white where the photograph is transparent.
        """
        restorer, scale = self._model(model)
        photograph = self.read(path, model)
        image = photograph.pixels
        seen, part = part_of(image, scale, PREVIEW, centre)
        after = super_resolve(
            restorer,
            seen,
            scale,
            max_memory=self.max_memory,
            held=image.nbytes,
            **_parameters(restorer, photograph, _options(path, blur_width, noise_sigma)),
        )
        return part.cut(bicubic(seen, scale)), part.cut(on_white(after))

    def enlarge(
        self,
        path: pathlib.Path,
        model: str,
        blur_width: float,
        noise_sigma: Level | None,
        target: pathlib.Path,
        progress: Callable[[int, int], object],
    ) -> Result:
        """Enlarge a photograph and write it as the command line does.

        Args:
            path: path of the photograph.
            model: one of `zoo.titles("sisr")`.
            blur_width: u.
            noise_sigma: as in `preview`.
            target: the file to write.
            progress: told how many tiles of how many are done; what it raises ends the work.
        """
        restorer, scale = self._model(model)
        photograph = self.read(path, model)
        pixels = photograph.pixels
        options = _options(path, blur_width, noise_sigma)
        parameters = _parameters(restorer, photograph, options)
        tiles = cut(restorer.model, pixels.shape, pixels.itemsize, scale, self.max_memory, parameters)
        done = iter(range(1, len(tiles) + 1))
        progress(0, len(tiles))
        restored = super_resolve(
            restorer,
            pixels,
            scale,
            tiles=tiles,
            progress=lambda: progress(next(done), len(tiles)),
            **parameters,
        )
        return finish(photograph, restored, target)

    def _model(self, name: str) -> tuple[Restorer, int]:
        with self._lock:
            return self._load(name)


def _options(path: pathlib.Path, blur_width: float, noise_sigma: Level | None) -> Enlargement:
    """Return what the command line would be given; who sees a preview is not held back."""
    return Enlargement(input=str(path), blur_width=blur_width, noise_sigma=noise_sigma, cap_blur=False)


def _parameters(restorer: Restorer, photograph: Photograph, options: Enlargement) -> Parameters:
    return degradation_parameters(options, restorer.model) | noise_of(options, restorer, photograph)


def _load(name: str) -> tuple[Restorer, int]:
    model = keras_models.load(zoo.find(name))
    return Restorer(model), magnification(model)


def _read(path: pathlib.Path, max_pixels: int) -> Photograph:
    return read_photograph(path, functools.partial(check_size, path, max_pixels=max_pixels))
