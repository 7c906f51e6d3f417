"""SavedModel with named inputs, for any batch and, where the network allows it, any height and width."""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile
from typing import Any

import keras
import tensorflow as tf

from dlnet_tf.errors import UsageError
from dlnet_tf.files import check_target
from dlnet_tf.likelihood import DLNet


def export(model: keras.Model, path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write a model as a SavedModel, the K steps inside.

    The signature `serving_default` takes `degraded` [B, h, w, C] float32 in [0, 1] and, for a DL-Net, its degradation's
    parameter: `blur_width` [B] or `mask` [B, H, W, 1]. It returns `restored` [B, H, W, C].

    Args:
        model: a backbone or a DL-Net.
        path: folder of the SavedModel.
        overwrite: whether a SavedModel that exists is replaced; anything else is kept.

    Raises:
        UsageError: the folder exists or cannot be written.
    """
    path = pathlib.Path(path)
    check_target(path, overwrite)
    if path.exists() and not tf.saved_model.contains_saved_model(str(path)):
        raise UsageError(f"{path}: exists and is no SavedModel, expected one to overwrite")
    if isinstance(model, DLNet):
        specs = {name: spec.shape for name, spec in model.input_signature().items()}
    else:
        specs = {tensor.name: tensor.shape for tensor in model.inputs}

    # XLA is slower than the graph on a CPU.
    @tf.function(autograph=False, jit_compile=False)
    def serve(**inputs: tf.Tensor) -> dict[str, Any]:
        return {"restored": model(inputs, training=False)}

    module = tf.Module()
    module.model_variables = [variable.value for variable in model.variables]
    signature = serve.get_concrete_function(
        **{name: tf.TensorSpec(shape, tf.float32, name=name) for name, shape in specs.items()}
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            whole = pathlib.Path(folder, "saved_model")
            tf.saved_model.save(module, str(whole), signatures=signature)
            if path.exists():
                shutil.rmtree(path)
            os.replace(whole, path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror or error})") from None
