"""What a `.keras` file may ask for: looked at before Keras allocates any of it.

Keras refuses code in safe mode, but builds a network of whatever size the configuration names before it finds that the
file has no such weights, and reads an array at the size that it claims.
"""

from __future__ import annotations

import io
import json
import math
import pathlib
import zipfile

import h5py
import keras
import tensorflow as tf

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
MEMBERS = {"metadata.json", CONFIG, WEIGHTS}
MAX_CONFIG = 2**23
# Bytes of memory, whatever the size of the file, and in proportion to it: zipped, half precision becomes float32.
FREE, FACTOR = 2**27, 8
# Largest size of a layer or image, unless the file has weights as wide: layers build matrices of that side.
WIDEST = 2048
DEEPEST = 64
# Keys whose numbers may be large. The second one is an address, by which Keras recognises what layers share.
HARMLESS = ("seed", "shared_object_id")


def check(path: pathlib.Path) -> None:
    """Refuse what would take much more memory than the file.

    Args:
        path: a `.keras` file.

    Raises:
        ValueError: it would, or reads other files.
        Exception: whatever the readers of broken files raise.
    """
    allowed = max(FREE, FACTOR * path.stat().st_size)
    with zipfile.ZipFile(path) as archive:
        if strangers := set(archive.namelist()) - MEMBERS:
            raise ValueError(f"found {sorted(strangers)[0]!r} in it, expected {', '.join(sorted(MEMBERS))} alone")
        # `zipfile` reads no more of a member than this size.
        unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > allowed:
            raise ValueError(f"{unpacked:,} bytes unpacked, expected at most {allowed:,} in a file of this size")
        if archive.getinfo(CONFIG).file_size > MAX_CONFIG:
            raise ValueError(f"a configuration of more than {MAX_CONFIG:,} bytes")
        config = json.loads(archive.read(CONFIG))
        # Models are loaded without their optimizer, loss and metrics.
        if isinstance(config, dict):
            config["compile_config"] = None
        widest = max(WIDEST, _widest_array(archive.read(WEIGHTS), allowed))
    _check_numbers(config, widest)
    # Variables of a graph that never runs take no memory.
    with tf.Graph().as_default():
        model = keras.saving.deserialize_keras_object(config)
    if not isinstance(model, keras.Model):
        raise ValueError(f"found a {type(model).__name__}, expected a model")
    needed = 4 * sum(math.prod(variable.shape) for variable in model.variables)
    if needed > allowed:
        raise ValueError(f"a network of {needed:,} bytes, expected at most {allowed:,} in a file of this size")


def _widest_array(data: bytes, allowed: int) -> int:
    """Return the largest dimension of the weights."""
    widest, total = 0, 0

    def visit(name: str, link: object) -> str | None:
        nonlocal widest, total
        # A link, an external or a virtual data set would lead into other files.
        if not isinstance(link, h5py.HardLink):
            return name
        item = file[name]
        if isinstance(item, h5py.Dataset):
            if item.external or item.is_virtual or item.dtype.kind not in "fiub":
                return name
            total += item.nbytes
            widest = max(widest, *item.shape, 0)
        return None

    with h5py.File(io.BytesIO(data), "r") as file:
        if stranger := file.visititems_links(visit):
            raise ValueError(f"{stranger!r} in {WEIGHTS} is no array of numbers in it")
    if total > allowed:
        raise ValueError(f"weights of {total:,} bytes, expected at most {allowed:,} in a file of this size")
    return widest


def _check_numbers(value: object, widest: int, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise ValueError(f"a configuration nested more than {DEEPEST} deep")
    if isinstance(value, dict):
        for key, part in value.items():
            if not any(word in key for word in HARMLESS):
                _check_numbers(part, widest, depth + 1)
    elif isinstance(value, list):
        for part in value:
            _check_numbers(part, widest, depth + 1)
    elif isinstance(value, int) and abs(value) > widest:
        raise ValueError(f"the number {str(value)[:20]} in the configuration, expected at most {widest}")
