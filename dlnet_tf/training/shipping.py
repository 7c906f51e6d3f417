"""Model files at half their size: large arrays in 16 bits, loaded by Keras as every other file."""

from __future__ import annotations

import io
import zipfile

import h5py
import numpy as np

WEIGHTS = "model.weights.h5"
# Arrays as large as this take nearly all of a file; smaller ones, such as statistics and step sizes, stay as they are.
LARGE = 10_000


def halve(data: bytes) -> bytes:
    """Round the large arrays of a `.keras` file to float16; Keras casts them to float32 when it loads them.

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
            target.writestr(zipfile.ZipInfo(name), _halve_weights(part) if name == WEIGHTS else part, 8)
    return smaller.getvalue()


def _halve_weights(data: bytes) -> bytes:
    halved = io.BytesIO()
    with h5py.File(io.BytesIO(data), "r") as source, h5py.File(halved, "w") as target:

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Group):
                made = target.require_group(name)
            else:
                values = item[()]
                large = np.size(values) >= LARGE and values.dtype == np.float32
                made = target.create_dataset(name, data=values.astype(np.float16) if large else values)
            made.attrs.update(item.attrs)

        target.attrs.update(source.attrs)
        source.visititems(copy)
    return halved.getvalue()
