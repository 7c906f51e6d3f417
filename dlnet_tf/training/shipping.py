"""Model files at a third of their size: large arrays with fewer digits, loaded by Keras as every other file."""

from __future__ import annotations

import io
import zipfile

import h5py
import numpy as np

WEIGHTS = "model.weights.h5"
# Arrays as large as this take nearly all of a file; smaller ones, such as statistics and step sizes, stay as they are.
LARGE = 10_000
# Binary digits that are kept after the leading one. An error of at most 1/128 in each of millions averages out.
DIGITS = 6


def shrink(data: bytes) -> bytes:
    """Round the large arrays of a `.keras` file and pack them; Keras unpacks them to float32 when it loads them.

    Args:
        data: content of the file.

    Returns:
        Content of the smaller file.
    """
    smaller = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(smaller, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            # A time of its own would make other bytes of the same weights.
            target.writestr(zipfile.ZipInfo(name), _shrink_weights(part) if name == WEIGHTS else part, 8)
    return smaller.getvalue()


def _shrink_weights(data: bytes) -> bytes:
    shrunk = io.BytesIO()
    with h5py.File(io.BytesIO(data), "r") as source, h5py.File(shrunk, "w") as target:

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Group):
                made = target.require_group(name)
            else:
                values = item[()]
                if np.size(values) >= LARGE and values.dtype == np.float32:
                    # First and second bytes apart: the former alone repeat themselves.
                    packing = {"chunks": values.shape, "compression": 9, "shuffle": True}
                    made = target.create_dataset(name, data=rounded(values), **packing)
                else:
                    made = target.create_dataset(name, data=values)
            made.attrs.update(item.attrs)

        target.attrs.update(source.attrs)
        source.visititems(copy)
    return shrunk.getvalue()


def rounded(values: np.ndarray) -> np.ndarray:
    """Round float32 numbers to float16 numbers of `DIGITS` binary digits after the leading one."""
    fraction, exponent = np.frexp(values)
    scale = 2.0 ** (DIGITS + 1)
    result = np.ldexp(np.rint(fraction * scale) / scale, exponent)
    if not np.all(np.abs(result) <= np.finfo(np.float16).max):
        raise ValueError("found weights that are not finite, or too large for 16 bits")
    return result.astype(np.float16)
