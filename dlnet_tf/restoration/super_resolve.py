"""Super-resolution of a photograph: the network sees its luminance, the colours are upscaled bicubically."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Unpack

import numpy as np

from dlnet_tf.colour import rgb_to_ycbcr, ycbcr_to_rgb
from dlnet_tf.options import MAX_MEMORY
from dlnet_tf.resize import imresize
from dlnet_tf.restoration.blur_estimation import AUTO
from dlnet_tf.restoration.noise_estimation import of_photograph
from dlnet_tf.restoration.parameter_check import Parameters, check_parameters
from dlnet_tf.restoration.pixels import check_photograph, fill_invisible, planes
from dlnet_tf.restoration.restorer import Restorer
from dlnet_tf.restoration.tiles import Tile, cut
from dlnet_tf.rounding import rounding


def super_resolve(
    restorer: Restorer,
    image: np.ndarray,
    scale: int,
    *,
    max_memory: float = MAX_MEMORY,
    held: int = 0,
    tiles: Sequence[Tile] | None = None,
    progress: Callable[[], object] | None = None,
    **parameters: Unpack[Parameters],
) -> np.ndarray:
    """Enlarge a photograph of any size, in tiles that see so much about them that they fit together as one.

        >>> import numpy as np
        >>> from dlnet_tf import keras_models, restoration
        >>> model = keras_models.load("checkpoints/idn_x3_dlnet_gradient.keras")
        >>> photograph = np.full((20, 30, 3), 128, np.uint8)
        >>> restoration.super_resolve(restoration.Restorer(model), photograph, 3, blur_width=1.3).shape
        (60, 90, 3)

    Args:
        restorer: a super-resolution model of this scale.
        image: uint8 or uint16, [h, w] or [h, w, C]: gray, gray and alpha, RGB, or RGB and alpha. Alpha is restored as a
            gray image; where it is the same everywhere it stays so. Colours of pixels that are wholly transparent are
            taken from the nearest visible ones.
        scale: magnification of the model.
        max_memory: what the whole process may take, in GB; the tiles are made for it.
        held: bytes of it that something else takes meanwhile.
        tiles: those of `tiles.cut`, where they are known already.
        progress: called after every tile.
        **parameters: of the degradation, without batch axis: `blur_width` or `kernel` [k, k], `noise_sigma`, by default
            that of rounding to the dtype of `image`, "auto" to estimate it.

    Returns:
        [scale h, scale w] or the same with C, dtype of `image`.

    Raises:
        UsageError: no such image, the memory is too little for it, or restored values are not finite.
    """
    check_photograph(image)
    if restorer.undoes:
        parameters.setdefault("noise_sigma", rounding(image.dtype))
    if isinstance(parameters.get("noise_sigma"), str) and parameters["noise_sigma"] == AUTO:
        parameters["noise_sigma"] = of_photograph(image)
    check_parameters(parameters)
    result = np.empty((scale * image.shape[0], scale * image.shape[1], *image.shape[2:]), image.dtype)
    batch = {name: np.asarray(value, np.float32)[None] for name, value in parameters.items()}
    parts = planes(image, result)
    if tiles is None:
        tiles = cut(restorer.model, image.shape, image.itemsize, scale, max_memory, parameters, held)
    for tile in tiles:
        for index, (source, target) in enumerate(parts):
            seen = source[tile.seen]
            if len(parts) > 1 and index == 0:
                seen = fill_invisible(seen, image[tile.seen][..., -1] > 0)
            target[tile.target(scale)] = _enlarge(restorer, seen, tile, scale, batch)
        if progress:
            progress()
    return result


def _enlarge(
    restorer: Restorer, seen: np.ndarray, tile: Tile, scale: int, parameters: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Restore what a tile sees, [h, w] or [h, w, 3], and return the tile in its dtype."""
    top = np.iinfo(seen.dtype).max
    pixels = seen * (255.0 / top)
    colours = None if seen.ndim == 2 else rgb_to_ycbcr(pixels)
    y = pixels if colours is None else colours[..., 0]
    degraded = (y / 255.0).astype(np.float32)[None, :, :, None]
    restored = 255.0 * restorer(degraded, **parameters)[0, :, :, 0][tile.taken(scale)].astype(np.float64)
    if colours is not None:
        chroma = imresize(colours[..., 1:], scale)[tile.taken(scale)]
        restored = ycbcr_to_rgb(np.concatenate([restored[..., None], chroma], axis=-1))
    return np.rint(np.clip(restored, 0, 255) * (top / 255.0)).astype(seen.dtype)
