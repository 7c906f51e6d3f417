"""SavedModel with named inputs, for any batch and, where the network allows it, any height and width."""

from __future__ import annotations

import os
import pathlib
import tempfile
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from dlnet_tf.errors import UsageError
from dlnet_tf.files import check_target


def export(
    model: keras.Model,
    path: str | os.PathLike[str],
    overwrite: bool = False,
    input_signature: Mapping[str, Any] | None = None,
) -> None:
    """Write a model as a SavedModel, the K steps inside.

    The endpoint `serve` and the signature `serving_default` take `degraded` [B, h, w, C] float32 in [0, 1] and, for a
    DL-Net, its degradation's parameter: `blur_width` [B] or `mask` [B, H, W, 1]. They return `restored` [B, H, W, C].

    Args:
        model: a backbone or a DL-Net.
        path: folder of the SavedModel.
        overwrite: whether a SavedModel that exists is replaced; anything else is kept.
        input_signature: other inputs, by name anything with a shape and a dtype: `kernel` for `blur_width`, say.

    Raises:
        UsageError: the folder exists or cannot be written.
    """
    path = pathlib.Path(path)
    check_target(path, overwrite)
    if path.exists() and not tf.saved_model.contains_saved_model(str(path)):
        raise UsageError(f"{path}: exists and is no SavedModel, expected one to overwrite")
    signature = input_signature or _inputs_of(model)
    specs = {name: tf.TensorSpec(spec.shape, spec.dtype, name) for name, spec in signature.items()}

    # XLA is slower than the graph on a CPU.
    @tf.function(input_signature=[specs], autograph=False, jit_compile=False)
    def serve(inputs: dict[str, tf.Tensor]) -> dict[str, Any]:
        return {"restored": model(inputs, training=False)}

    module = tf.Module()
    module.model_variables = [variable.value for variable in model.variables]
    module.serve = serve
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            new, old = pathlib.Path(folder, "new"), pathlib.Path(folder, "old")
            tf.saved_model.save(module, str(new), signatures={"serving_default": serve})
            _replace(path, new, old)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror or error})") from None


def _inputs_of(model: keras.Model) -> Mapping[str, Any]:
    """Return the inputs of a DL-Net, which describes them itself, or of a functional model."""
    if hasattr(model, "input_signature"):
        return model.input_signature()
    return {tensor.name: tensor for tensor in model.inputs}


def _replace(path: pathlib.Path, new: pathlib.Path, old: pathlib.Path) -> None:
    """Put the folder `new` in the place of `path`, whose folder, if there is one, becomes `old`."""
    if not path.exists():
        os.rename(new, path)
        return
    # No folder can be renamed onto one that holds something, so for a moment there is none.
    os.rename(path, old)
    try:
        os.rename(new, path)
    except OSError:
        os.rename(old, path)
        raise
