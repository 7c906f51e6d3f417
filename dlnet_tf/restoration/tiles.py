"""Parts of a photograph that together are restored as the whole is, each as large as the memory allows."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import keras
import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import DLNet
from dlnet_tf.likelihood.nodes import nodes_in_order
from dlnet_tf.likelihood.plain_network import described
from dlnet_tf.restoration.receptive_field import ReceptiveField, receptive_field, shapes_of

# GB that TensorFlow, the model and its graph take.
BASE = 0.75
# Restored pixels of a tile along an axis, in degraded ones: below this nearly all that is computed is thrown away.
MIN_SIDE = 32


@dataclasses.dataclass(frozen=True)
class Tile:
    """A part of the degraded image.

    Attributes:
        rows: those whose restored pixels are taken.
        columns: as `rows`.
        seen: the rows and columns that the network sees for it.
    """

    rows: slice
    columns: slice
    seen: tuple[slice, slice]

    def target(self, scale: int) -> tuple[slice, slice]:
        """Return where the tile is in the restored image."""
        rows, columns = (slice(scale * part.start, scale * part.stop) for part in (self.rows, self.columns))
        return rows, columns

    def taken(self, scale: int) -> tuple[slice, slice]:
        """Return where the tile is in what the network makes of what it sees."""
        rows, columns = (
            slice(scale * (part.start - seen.start), scale * (part.stop - seen.start))
            for part, seen in zip((self.rows, self.columns), self.seen, strict=True)
        )
        return rows, columns


def cut(
    model: keras.Model,
    shape: tuple[int, ...],
    itemsize: int,
    scale: int,
    max_memory: float,
    parameters: Mapping[str, object] = MappingProxyType({}),
    held: int = 0,
) -> list[Tile]:
    """Cut a photograph into tiles: of all grids that fit, the one in which the network sees the fewest pixels.

    It depends on nothing but the arguments, so that the same photograph is always cut in the same way.

    Args:
        model: a DL-Net or backbone for super-resolution.
        shape: shape of the photograph, [h, w] or [h, w, C].
        itemsize: bytes of each channel of a pixel.
        scale: magnification of the model.
        max_memory: what the whole process may take, in GB, with TensorFlow, the photograph and its result.
        parameters: those of the degradation for one image, by name, where they are known.
        held: bytes that something else takes meanwhile.

    Returns:
        Tiles by rows, then columns; a single one where the whole photograph fits.

    Raises:
        UsageError: the memory is too little, or the photograph needs tiles and how far the network sees is not known.
    """
    height, width = size = shape[:2]
    per_pixel = _bytes_per_pixel(model, scale, shapes_of(parameters))
    fixed = BASE * 1e9 + held + math.prod(shape) * itemsize * (1 + scale**2)
    pixels = int((max_memory * 1e9 - fixed) / per_pixel)
    if height * width <= pixels:
        whole = slice(0, height), slice(0, width)
        return [Tile(*whole, whole)]
    field = receptive_field(model, parameters)
    halo = field.before + field.after + field.step - 1
    least = math.prod(min(length, MIN_SIDE + halo) for length in size)
    if least > pixels:
        needed = (fixed + per_pixel * least) / 1e9
        raise UsageError(
            f"found {width} x {height} pixels, which need at least {math.ceil(10 * needed) / 10:g} GB of memory, "
            f"expected at most --max_memory={max_memory:g}"
        )
    numbers = _fewest(height, width, halo, pixels)
    if not numbers:
        raise UsageError(f"found {width} x {height} pixels, expected a larger --max_memory than {max_memory:g}")
    return [
        Tile(rows, columns, (_seen(rows, field), _seen(columns, field)))
        for rows in _even(height, numbers[0])
        for columns in _even(width, numbers[1])
    ]


def _fewest(height: int, width: int, halo: int, pixels: int) -> tuple[int, int] | None:
    """Return the numbers of tiles along height and width with which the fewest pixels are seen, if any fit."""
    # For each number of tiles along the height the least along the width that fits.
    along = np.arange(1, max(1, height // MIN_SIDE) + 1)
    high = np.minimum(height, -(-height // along) + halo)
    wide = pixels // high
    across = np.where(wide >= width, 1, -(-width // np.maximum(wide - halo, 1)))
    fits = (wide >= width) | (wide - halo >= MIN_SIDE)
    cost = along * high * across * np.minimum(width, -(-width // across) + halo)
    best = np.argmin(np.where(fits, cost, np.iinfo(cost.dtype).max))
    return (int(along[best]), int(across[best])) if fits[best] else None


def _even(length: int, parts: int) -> list[slice]:
    edges = [length * index // parts for index in range(parts + 1)]
    return [slice(*pair) for pair in zip(edges[:-1], edges[1:], strict=True)]


def _seen(part: slice, field: ReceptiveField) -> slice:
    first = max(0, part.start - field.before)
    # A slice may end beyond the photograph: there the border is the true one.
    return slice(first - first % field.step, part.stop + field.after)


def _bytes_per_pixel(model: keras.Model, scale: int, shapes: Mapping[str, Sequence[int]]) -> int:
    """Estimate the memory that restoring takes for each degraded pixel, from above."""
    # The widest layer with what it reads, and as much again for what is kept meanwhile and for the library's copies.
    values = 2 * max(
        sum(tensor.shape[-1] for tensor in (*node.input_tensors, *node.outputs) if len(tensor.shape) == 4)
        for node in nodes_in_order(described(model).g)
    )
    # Images of the restored size.
    images = 8 * scale**2
    if isinstance(model, DLNet):
        # z, its gradient, the moments of Adam, what h keeps for the way back, and the library's copies again.
        values = max(values, 10 * model.likelihood.head.inputs[0].shape[-1])
        images += model.degradation.values_per_pixel(shapes)
    return 4 * (values + images)
