"""A model as what TensorFlow writes and converts: a graph and its variables, and the folder of a SavedModel."""

from __future__ import annotations

import contextlib
import os
import pathlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, TypeAlias

import keras
import tensorflow as tf

from dlnet_tf.errors import UsageError
from dlnet_tf.files import check_target, hidden_name
from dlnet_tf.graph_mode import in_graph_mode


class Spec(Protocol):
    """Anything with a shape, None where a size is open, and a dtype: `keras.InputSpec`, `tf.TensorSpec`, a tensor."""

    shape: Sequence[int | None]
    dtype: object


Signature: TypeAlias = Mapping[str, Spec]
"""The inputs of a call by name."""
Signatures: TypeAlias = Mapping[str, Signature]
"""Signatures by name."""


def serving_module(model: keras.Model) -> tf.Module:
    """Return a module whose `serve` maps a model's inputs, a dict, to {"restored": [B, H, W, C]}."""

    @in_graph_mode
    def serve(inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        # With a wrong rank some operations would end the process instead of refusing the request.
        inputs = {name: tf.ensure_shape(value, value.shape) for name, value in inputs.items()}
        return {"restored": model(inputs, training=False)}

    module = tf.Module()
    module.model_variables = [variable.value for variable in model.variables]
    module.serve = serve
    return module


def specs(signature: Signature) -> dict[str, tf.TensorSpec]:
    """Return the inputs of a signature as TensorFlow describes them."""
    return {name: tf.TensorSpec(spec.shape, spec.dtype, name) for name, spec in signature.items()}


def check_folder(path: pathlib.Path, overwrite: bool) -> None:
    """Refuse a target as `check_target` does, and one that exists and is no SavedModel."""
    check_target(path, overwrite)
    if path.exists() and not tf.saved_model.contains_saved_model(str(path)):
        raise UsageError(f"{path}: exists and is not a SavedModel; --overwrite replaces only a SavedModel")


def write(model: keras.Model, path: pathlib.Path, signatures: Signatures) -> None:
    """Write the folder of a SavedModel.

    Args:
        model: a backbone or a DL-Net.
        path: folder that is not there yet.
        signatures: what it is asked by.

    Raises:
        UsageError: a layer has to know sizes that a signature leaves open.
    """
    module = serving_module(model)
    try:
        traced = [module.serve.get_concrete_function(specs(inputs)) for inputs in signatures.values()]
    except tf.errors.OperatorNotAllowedInGraphError as error:
        raise UsageError(
            f"{model.name}: found a layer that has to know the size of its input, as bilinear upsampling does, "
            "expected an input_signature of one size"
        ) from error
    # Saving traces every function again, so it gets one that is cheap to trace.
    module.serve = _calling(
        {_key(inputs): function for inputs, function in zip(signatures.values(), traced, strict=True)}
    )
    concrete = {name: module.serve.get_concrete_function(specs(inputs)) for name, inputs in signatures.items()}
    tf.saved_model.save(module, str(path), signatures=concrete)


def _key(inputs: Signature) -> tuple[object, ...]:
    """Return what tells the inputs of two signatures apart: names and shapes."""
    return tuple((name, tuple(inputs[name].shape)) for name in sorted(inputs))


def _calling(traced: Mapping[tuple[object, ...], tf.function]) -> tf.function:
    """Return a function that calls what was traced for such inputs."""

    @in_graph_mode
    def serve(inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return traced[_key(inputs)](inputs)

    return serve


def export_folder(model: keras.Model, path: pathlib.Path, signatures: Signatures) -> None:
    """Write a SavedModel, or replace one; nothing is left where that fails.

    Raises:
        UsageError: it cannot be written, or something else stands there.
    """
    check_folder(path, overwrite=True)
    with replacing(path) as new:
        write(model, new, signatures)


@contextlib.contextmanager
def replacing(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Give a name beside `path`; what is written there takes its place at the end, if nothing fails.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=hidden_name(path.name, ".", room=16)) as folder:
            new, old = pathlib.Path(folder, "new" + path.suffix), pathlib.Path(folder, "old")
            yield new
            _replace(path, new, old)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror or error})") from None


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
