"""Models for inference without this package: SavedModels with named signatures, and LiteRT files."""

from __future__ import annotations

import os
import pathlib
import tempfile
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from dlnet_tf.errors import UsageError
from dlnet_tf.files import check_file, check_target
from dlnet_tf.serving import serving_module

LITERT = ".tflite"


def export(
    model: keras.Model,
    path: str | os.PathLike[str],
    overwrite: bool = False,
    input_signature: Mapping[str, Any] | None = None,
    check: bool = True,
) -> float | None:
    """Write a model as a SavedModel or, where the name ends in `.tflite`, as a LiteRT file, the K steps inside.

    The endpoint `serve` and the signature `serving_default` take `degraded` [B, h, w, C] float32 in [0, 1] and, for a
    DL-Net, its degradation's parameter: `blur_width` [B] or `mask` [B, H, W, 1]. They return `restored` [B, H, W, C].
    A super-resolution model has the signature `kernel` too, which takes `kernel` [B, k, k] for `blur_width`. A LiteRT
    file has `serving_default` alone, for one image of 64 x 64 pixels where the model leaves the size open.

    Args:
        model: a backbone or a DL-Net.
        path: folder of the SavedModel, or name of the LiteRT file.
        overwrite: whether what was exported before is replaced; anything else is kept.
        input_signature: other inputs of `serving_default`, by name anything with a shape and a dtype; then there is no
            other signature.
        check: whether what was written is loaded in a process that knows nothing of this package and compared with the
            model, which takes some seconds, before it gets its name.

    Returns:
        The largest difference that was found, of images in [0, 1]; None without the check.

    Raises:
        UsageError: the target exists or cannot be written; LiteRT lacks an operation; or the check failed.
    """
    path = pathlib.Path(path)
    # They know this module's caller, the DL-Net.
    from dlnet_tf import export_check, litert

    lite = path.suffix == LITERT
    if lite:
        check_file(path, overwrite)
    else:
        check_target(path, overwrite)
        if path.exists() and not tf.saved_model.contains_saved_model(str(path)):
            raise UsageError(f"{path}: exists and is no SavedModel, expected one to overwrite")
    signatures = {"serving_default": input_signature} if input_signature else _signatures_of(model)
    if lite:
        signatures = {"serving_default": litert.fixed(signatures["serving_default"])}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            new, old = pathlib.Path(folder, "new" + path.suffix), pathlib.Path(folder, "old")
            if lite:
                new.write_bytes(litert.convert(model, _specs(signatures["serving_default"])))
            else:
                _save(model, new, signatures)
            difference = export_check.check(model, new, signatures) if check else None
            _replace(path, new, old)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror or error})") from None
    return difference


def _signatures_of(model: keras.Model) -> dict[str, Mapping[str, Any]]:
    """Return the inputs of a DL-Net, which describes them itself, or of a functional model."""
    if hasattr(model, "signatures"):
        return model.signatures()
    return {"serving_default": {tensor.name: tensor for tensor in model.inputs}}


def _specs(signature: Mapping[str, Any]) -> dict[str, tf.TensorSpec]:
    return {name: tf.TensorSpec(spec.shape, spec.dtype, name) for name, spec in signature.items()}


def _save(model: keras.Model, path: pathlib.Path, signatures: Mapping[str, Mapping[str, Any]]) -> None:
    module = serving_module(model)
    concrete = {name: module.serve.get_concrete_function(_specs(inputs)) for name, inputs in signatures.items()}
    tf.saved_model.save(module, str(path), signatures=concrete)


def _replace(path: pathlib.Path, new: pathlib.Path, old: pathlib.Path) -> None:
    """Put `new` in the place of `path`, whose folder, if there is one, becomes `old`."""
    if not path.is_dir():
        os.replace(new, path)
        return
    # No folder can be renamed onto one that holds something, so for a moment there is none.
    os.rename(path, old)
    try:
        os.rename(new, path)
    except OSError:
        os.rename(old, path)
        raise
