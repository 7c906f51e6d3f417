"""Using a super-resolution model: photographs of one's own, and export."""

from __future__ import annotations

import collections
import pathlib
from typing import Any

import cv2
import keras
import numpy as np

from dlnet_tf.data.folder import list_images
from dlnet_tf.data.images import read_image
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.sisr_evaluation import load_method, refuse_unused_steps
from dlnet_tf.experiments.super_resolution import METHODS, SuperResolution
from dlnet_tf.export import export
from dlnet_tf.files import check_target, write_bytes
from dlnet_tf.likelihood import DLNet
from dlnet_tf.restoration import Restorer, super_resolve
from dlnet_tf.training.progress import Progress

# They hold gray and colour alike.
OUTPUT_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


def _load(experiment: SuperResolution, options: Any) -> tuple[str, keras.Model]:
    """Load --checkpoint, or the model of --method, by default the best that ships; its name comes first."""
    shipped = [method for method in METHODS if experiment.checkpoint(method).is_file()]
    method = options.method or (shipped[-1] if shipped else "dlnet_gradient")
    name = pathlib.Path(options.checkpoint).stem if options.checkpoint else experiment.name(method)
    model = load_method(experiment, method, options)
    refuse_unused_steps(options, {name: model})
    return name, model


def _read_kernel(path: pathlib.Path) -> np.ndarray:
    try:
        kernel = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
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
    """Pair every input file with its output file, all of which can be read and written."""
    if source.is_dir():
        jobs = [(path, target / path.relative_to(source).with_suffix(".png")) for path in list_images(source)]
    elif source.is_file():
        if target.suffix.lower() not in OUTPUT_SUFFIXES:
            expected = ", ".join(OUTPUT_SUFFIXES)
            raise UsageError(f"--output={target}: found suffix {target.suffix!r}, expected one of {expected}")
        jobs = [(source, target)]
    else:
        raise UsageError(f"--input={source}: no such file or folder")
    for path, output in jobs:
        check_target(output, overwrite)
        read_image(path)
    output, count = collections.Counter(output for _, output in jobs).most_common(1)[0]
    if count > 1:
        raise UsageError(f"--input={source}: found {count} images that would all become {output}")
    return jobs


def _encode(path: pathlib.Path, image: np.ndarray) -> bytes:
    done, data = cv2.imencode(path.suffix, image if image.ndim == 2 else image[..., ::-1])
    if not done:
        raise UsageError(f"{path}: such a file cannot hold {image.shape[1]} x {image.shape[0]} pixels, expected .png")
    return data.tobytes()


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
    name, model = _load(experiment, options)
    parameters = _parameters(options, model)
    restorer = Restorer(model)
    progress = Progress(len(jobs), unit="image")
    for source, target in jobs:
        restored = super_resolve(restorer, read_image(source), experiment.scale, **parameters)
        write_bytes(target, _encode(target, restored))
        progress.advance(source.name)
        progress.clear()
        print(f"{target}  ({restored.shape[1]} x {restored.shape[0]}, {name})")


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
    check_target(target, options.overwrite)
    name, model = _load(experiment, options)
    export(model, target, options.overwrite)
    print(f"{target}  ({name})")
