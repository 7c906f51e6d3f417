"""Using a super-resolution model: photographs of one's own, and export."""

from __future__ import annotations

import pathlib
from typing import Any

import cv2
import numpy as np

from dlnet_tf.data.folder import list_images
from dlnet_tf.data.images import read_image
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.sisr_evaluation import load_method
from dlnet_tf.experiments.super_resolution import METHODS, SuperResolution
from dlnet_tf.export import export
from dlnet_tf.files import write_bytes
from dlnet_tf.likelihood import DLNet
from dlnet_tf.restoration import Restorer, super_resolve
from dlnet_tf.training.progress import Progress


def _best_method(experiment: SuperResolution, options: Any) -> str:
    """Return --method, or the best of the shipped ones."""
    shipped = [method for method in METHODS if experiment.checkpoint(method).is_file()]
    return options.method or (shipped[-1] if shipped else "dlnet_gradient")


def _read_kernel(path: pathlib.Path) -> np.ndarray:
    try:
        kernel = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"--kernel={path}: cannot be read as a .npy array ({error})") from None
    if not isinstance(kernel, np.ndarray) or kernel.dtype.kind not in "fiu":
        raise UsageError(f"--kernel={path}: found no array of numbers, expected one of shape [k, k]")
    if kernel.ndim != 2 or len(set(kernel.shape)) != 1 or len(kernel) % 2 == 0:
        raise UsageError(f"--kernel={path}: found shape {list(kernel.shape)}, expected [k, k] with k odd")
    if not np.isfinite(kernel).all() or abs(float(kernel.sum()) - 1) > 1e-3:
        raise UsageError(
            f"--kernel={path}: found a sum of {float(kernel.sum()):g}, expected finite values that sum to 1"
        )
    return kernel.astype(np.float32)


def _parameters(options: Any, model: Any) -> dict[str, Any]:
    if not isinstance(model, DLNet):
        return {}
    if (options.blur_width is None) == (options.kernel is None):
        raise UsageError("--mode=restore: found neither or both, expected exactly one of --blur_width and --kernel")
    if options.kernel is not None:
        return {"kernel": _read_kernel(pathlib.Path(options.kernel))}
    return {"blur_width": options.blur_width}


def _jobs(source: pathlib.Path, target: pathlib.Path, overwrite: bool) -> list[tuple[pathlib.Path, pathlib.Path]]:
    """Pair every input file with its output file."""
    if source.is_dir():
        jobs = [(path, target / path.relative_to(source).with_suffix(".png")) for path in list_images(source)]
    elif source.is_file():
        if not cv2.haveImageWriter(f"x{target.suffix}"):
            raise UsageError(f"--output={target}: found suffix {target.suffix!r}, expected an image file such as .png")
        jobs = [(source, target)]
    else:
        raise UsageError(f"--input={source}: no such file or folder")
    for _, output in jobs:
        if output.exists() and not overwrite:
            raise UsageError(f"--output={output}: exists; --overwrite replaces it")
    return jobs


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
    jobs = _jobs(pathlib.Path(options.input), pathlib.Path(options.output), options.overwrite)
    method = _best_method(experiment, options)
    model = load_method(experiment, method, options)
    parameters = _parameters(options, model)
    restorer = Restorer(model)
    progress = Progress(len(jobs), unit="image")
    for source, target in jobs:
        restored = super_resolve(restorer, read_image(source), experiment.scale, **parameters)
        pixels = restored if restored.ndim == 2 else restored[..., ::-1]
        _, encoded = cv2.imencode(target.suffix, pixels)
        write_bytes(target, encoded.tobytes())
        progress.advance(source.name)
        progress.clear()
        print(f"{target}  ({restored.shape[1]} x {restored.shape[0]}, {method})")


def export_model(experiment: SuperResolution, options: Any) -> None:
    """Write a model as a SavedModel.

    Args:
        experiment: backbone and scale.
        options: the parsed flags.

    Raises:
        UsageError: what the user can mend.
    """
    if not options.output:
        raise UsageError("--mode=export: expected --output, the folder of the SavedModel")
    target = pathlib.Path(options.output)
    if target.exists() and not options.overwrite:
        raise UsageError(f"--output={target}: exists; --overwrite replaces it")
    method = _best_method(experiment, options)
    export(load_method(experiment, method, options), target, options.overwrite)
    print(f"{target}  ({experiment.name(method)})")
