"""Using a super-resolution model: photographs of one's own, and export."""

from __future__ import annotations

import pathlib
from typing import Any

import keras
import numpy as np

from dlnet_tf.data.images import has_alpha, read_image
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.application import export_model, load_one
from dlnet_tf.experiments.super_resolution import SuperResolution
from dlnet_tf.files import write_bytes
from dlnet_tf.likelihood import DLNet
from dlnet_tf.progress import Progress
from dlnet_tf.restoration import Restorer, super_resolve
from dlnet_tf.restoration.jobs import encode, jobs

__all__ = ["export_model", "restore"]

# A DL-Net of IDN x3 takes 2.5 kB of memory for each pixel of a colour photograph (measured at 600 x 400): 10 GB here.
MAX_PIXELS = 4_000_000


def _read_kernel(path: pathlib.Path) -> np.ndarray:
    try:
        # np.load would take an archive or a pickle for one too.
        with open(path, "rb") as file:
            kernel = np.lib.format.read_array(file, allow_pickle=False)
    except Exception as error:  # NumPy raises whatever its reader meets in a broken file
        raise UsageError(f"--kernel={path}: cannot be read as a .npy array ({error})") from None
    if kernel.dtype.kind not in "fiu":
        raise UsageError(f"--kernel={path}: found no array of numbers, expected one of shape [k, k]")
    if kernel.ndim != 2 or len(set(kernel.shape)) != 1 or len(kernel) % 2 == 0:
        raise UsageError(f"--kernel={path}: found shape {list(kernel.shape)}, expected [k, k] with k odd")
    if not np.isfinite(kernel).all() or abs(float(kernel.sum()) - 1) > 1e-3:
        raise UsageError(
            f"--kernel={path}: found a sum of {float(kernel.sum()):g}, expected finite values that sum to 1"
        )
    return kernel.astype(np.float32)


def _parameters(options: Any, model: keras.Model) -> dict[str, Any]:
    """Return what a DL-Net is told of the degradation; a plain network can be told nothing."""
    given = {name: getattr(options, name) for name in ("blur_width", "kernel", "noise_sigma")}
    given = {name: value for name, value in given.items() if value is not None}
    if not isinstance(model, DLNet):
        for name, value in given.items():
            raise UsageError(f"--{name}={value}: found a plain network, expected a DL-Net checkpoint")
        return {}
    # A network that was trained with noise is one that takes its level.
    if "noise_sigma" in given and "noise_sigma" not in {tensor.name for tensor in model.backbone.inputs}:
        raise UsageError(f"--noise_sigma={given['noise_sigma']}: found a network that was not trained with noise")
    if ("blur_width" in given) == ("kernel" in given):
        raise UsageError("--mode=restore: found neither or both, expected exactly one of --blur_width and --kernel")
    if "kernel" in given:
        given["kernel"] = _read_kernel(pathlib.Path(options.kernel))
    return given


def restore(experiment: SuperResolution, options: Any) -> None:
    """Enlarge a photograph or a folder of them.

    Args:
        experiment: backbone and scale.
        options: the parsed flags.

    Raises:
        UsageError: what the user can mend.
    """
    if not options.input or not options.output:
        raise UsageError("--mode=restore: expected --input and --output")
    queue = jobs(pathlib.Path(options.input), pathlib.Path(options.output), options.overwrite, MAX_PIXELS)
    name, model = load_one(experiment, options)
    parameters = _parameters(options, model)
    restorer = Restorer(model)
    progress = Progress(len(queue), unit="image")
    for job in queue:
        try:
            restored = super_resolve(restorer, read_image(job.source), experiment.scale, **parameters)
        except UsageError as error:
            raise UsageError(f"{job.source}: {error}") from None
        write_bytes(job.target, encode(job.target, restored))
        progress.advance(job.source.name)
        progress.clear()
        if has_alpha(job.source):
            print(f"{job.source}: its alpha channel (transparency) is left out of the result")
        print(f"{job.target}  ({restored.shape[1]} x {restored.shape[0]}, {name})")
