"""Using a super-resolution model: photographs of one's own, and export."""

from __future__ import annotations

import collections
import pathlib
from typing import Any

import cv2
import keras
import numpy as np

from dlnet_tf.data.folder import list_images
from dlnet_tf.data.images import has_alpha, read_image
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.super_resolution import RULES, SuperResolution, load_models
from dlnet_tf.export import export
from dlnet_tf.files import check_file, check_target, write_bytes
from dlnet_tf.likelihood import DLNet
from dlnet_tf.progress import Progress
from dlnet_tf.restoration import Restorer, super_resolve

# They hold gray and colour alike.
OUTPUT_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
# A DL-Net of IDN x3 takes 2.5 kB of memory for each pixel of a colour photograph (measured at 600 x 400): 10 GB here.
MAX_PIXELS = 4_000_000


def _load(experiment: SuperResolution, options: Any) -> tuple[str, keras.Model]:
    """Load --checkpoint, or the model of --method, by default the last DL-Net that ships; its name comes first."""
    # With none shipped the refusal names the command that trains one.
    dlnets = [method for method in experiment.shipped() if method in RULES] or list(RULES)
    ((method, model),) = load_models(experiment, [options.method or dlnets[-1]], options).items()
    return pathlib.Path(options.checkpoint).stem if options.checkpoint else experiment.name(method), model


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
        check_file(output, overwrite)
        height, width = read_image(path).shape[:2]
        if height * width > MAX_PIXELS:
            raise UsageError(
                f"{path}: found {width} x {height} pixels, at most {MAX_PIXELS:,} expected; cut it into parts that "
                "overlap, and restore these"
            )
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
        try:
            restored = super_resolve(restorer, read_image(source), experiment.scale, **parameters)
        except UsageError as error:
            raise UsageError(f"{source}: {error}") from None
        write_bytes(target, _encode(target, restored))
        progress.advance(source.name)
        progress.clear()
        if has_alpha(source):
            print(f"{source}: its alpha channel (transparency) is left out of the result")
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
