"""Blur kernels in files: NumPy's .npy, images, and MATLAB's .mat; none of them can run code."""

from __future__ import annotations

import io
import os
import pathlib
from collections.abc import Callable

import h5py
import numpy as np

from dlnet_tf.errors import UsageError, one_line
from dlnet_tf.imagefiles.images import open_header
from dlnet_tf.imagefiles.mat_files import read_variables

# A kernel of 127 x 127 in float64 is 130 kB.
MAX_BYTES = 2**19
MAX_SIDE = 127
# How far the sum of a kernel may be from 1.
TOLERANCE = 1e-3
EXPECTED = f"[k, k] with k odd, at most {MAX_SIDE}"

_HDF5_START = b"\x89HDF\r\n\x1a\n"
# MATLAB writes its own header in front of HDF5, in a block of 512 bytes.
_HDF5_PLACES = (0, 512)


def read_kernel(path: str | os.PathLike[str]) -> np.ndarray:
    """Read a blur kernel.

    Args:
        path: a .npy file, a grayscale .png image, which is scaled to the sum 1, or a .mat file (version 5 or 7.3)
            with one numeric variable of a kernel's shape.

    Returns:
        [k, k] float32, k odd, sums to 1.

    Raises:
        UsageError: the file is none of these, too large, broken, or holds no kernel or several.
    """
    path = pathlib.Path(path)
    readers: dict[str, Callable[[pathlib.Path, bytes], np.ndarray]] = {".npy": _npy, ".png": _png, ".mat": _mat}
    if path.suffix.lower() not in readers:
        raise UsageError(f"--kernel={path}: found suffix {path.suffix!r}, expected one of {', '.join(readers)}")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UsageError(f"--kernel={path}: found {size:,} bytes, expected at most {MAX_BYTES:,}")
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"--kernel={path}: cannot be read ({error.strerror})") from None
    try:
        kernel = readers[path.suffix.lower()](path, data)
    except UsageError:
        raise
    except Exception as error:  # the readers raise whatever they meet in a broken file
        words = one_line(error) or type(error).__name__
        raise UsageError(f"--kernel={path}: cannot be read as a {path.suffix.lower()} file ({words})") from None
    total = float(kernel.sum())
    if not np.isfinite(kernel).all() or abs(total - 1) > TOLERANCE:
        raise UsageError(f"--kernel={path}: found a sum of {total:g}, expected finite values that sum to 1")
    return kernel.astype(np.float32)


def _is_kernel(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 and shape[0] == shape[1] <= MAX_SIDE and shape[0] % 2 == 1


def _check_shape(path: pathlib.Path, shape: tuple[int, ...]) -> None:
    if not _is_kernel(shape):
        raise UsageError(f"--kernel={path}: found shape {list(shape)}, expected {EXPECTED}")


def _npy(path: pathlib.Path, data: bytes) -> np.ndarray:
    # np.load would take an archive or a pickle for one too; and memory is taken for what a header claims.
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in header:
        raise UsageError(f"--kernel={path}: found version {version} of the .npy format, expected 1.0 or 2.0")
    shape, _, dtype = header[version](file)
    if dtype.kind not in "fiu":
        raise UsageError(f"--kernel={path}: found no array of numbers, expected one of shape {EXPECTED}")
    _check_shape(path, shape)
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False).astype(np.float64)


def _png(path: pathlib.Path, data: bytes) -> np.ndarray:
    # Pillow, as OpenCV takes memory for what a broken header claims.
    image = open_header(path, data)
    _check_shape(path, image.size[::-1])
    if image.mode in ("1", "L", "I", "I;16"):
        kernel = np.asarray(image, np.float64)
    else:
        colours = np.asarray(image.convert("RGB"), np.float64)
        if np.ptp(colours, axis=-1).any():
            raise UsageError(f"--kernel={path}: found an image with colours, expected a grayscale one")
        kernel = colours[..., 0]
    if not kernel.any():
        raise UsageError(f"--kernel={path}: found a black image, expected the kernel in white")
    return kernel / kernel.sum()


def _mat(path: pathlib.Path, data: bytes) -> np.ndarray:
    is_hdf5 = any(data[place:].startswith(_HDF5_START) for place in _HDF5_PLACES)
    return (_mat_73 if is_hdf5 else _mat_5)(path, data)


def _mat_5(path: pathlib.Path, data: bytes) -> np.ndarray:
    # Shapes come first: of a large variable the numbers are never unpacked.
    variables = read_variables(data, max_bytes=8 * MAX_SIDE**2 + 1024)
    name = _one_of(path, {name: variable.shape for name, variable in variables.items()})
    return variables[name].numbers().astype(np.float64)


def _mat_73(path: pathlib.Path, data: bytes) -> np.ndarray:
    with h5py.File(io.BytesIO(data), "r") as file:
        found = {}
        for name in file:
            # A link, an external or a virtual data set would lead into other files.
            if isinstance(file.get(name, getlink=True), h5py.HardLink) and isinstance(file[name], h5py.Dataset):
                own = not file[name].is_virtual and not file[name].external
                chunk = file[name].chunks or ()
                if own and file[name].dtype.kind in "fiu" and all(side <= MAX_SIDE for side in chunk):
                    # MATLAB stores columns first.
                    found[name] = file[name].shape[::-1]
        name = _one_of(path, found)
        return np.asarray(file[name][()], np.float64).T


def _one_of(path: pathlib.Path, shapes: dict[str, tuple[int, ...]]) -> str:
    """Return the name of the one variable that can be a kernel."""
    kernels = [name for name, shape in shapes.items() if _is_kernel(shape)]
    if len(kernels) == 1:
        return kernels[0]
    others = ", ".join(f"{name} {list(shape)}" for name, shape in list(shapes.items())[:8])
    found = ", ".join(kernels[:8]) or others or "no numbers"
    raise UsageError(f"--kernel={path}: found {found}, expected one variable of shape {EXPECTED}")
