"""The resumable state of a run: one .npz file without pickles, replaced atomically."""

from __future__ import annotations

import json
import pathlib
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.files import make_atomically, write_atomically
from dlnet_tf.tensors import Tensor


def save_model(model: keras.Model, path: pathlib.Path) -> None:
    """Write a `.keras` file atomically.

    Args:
        model: the model.
        path: the file, ending in `.keras`.

    Raises:
        UsageError: the file cannot be written.
    """
    make_atomically(path, model.save)


def _variables(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    of_objective: Sequence[keras.Variable],
    averages: Mapping[str, Tensor],
) -> dict[str, Tensor]:
    named = {f"model/{variable.path}": variable for variable in model.variables}
    named |= {f"optimizer/{i:04d}": variable for i, variable in enumerate(optimizer.variables)}
    named |= {f"objective/{i:04d}": variable for i, variable in enumerate(of_objective)}
    named |= {f"average/{path}": variable for path, variable in averages.items()}
    return named


def save_state(
    path: pathlib.Path,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    notes: dict[str, Any],
    of_objective: Sequence[keras.Variable] = (),
    averages: Mapping[str, Tensor] = types.MappingProxyType({}),
) -> None:
    """Write weights, optimizer and notes of a run.

    Args:
        path: the `.npz` file.
        model: the model.
        optimizer: its optimizer, built.
        notes: what else the run needs to go on, as JSON values.
        of_objective: variables of what is minimised.
        averages: variables of the average of the weights, by path.

    Raises:
        UsageError: the file cannot be written.
    """
    arrays = {
        name: np.asarray(variable) for name, variable in _variables(model, optimizer, of_objective, averages).items()
    }
    arrays["notes"] = np.frombuffer(json.dumps(notes).encode(), np.uint8)
    write_atomically(path, lambda file: np.savez(file, allow_pickle=False, **arrays))


def read_notes(path: pathlib.Path) -> dict[str, Any]:
    """Return the notes of a state alone; nothing of one that is broken, which `load_state` refuses.

    Args:
        path: the `.npz` file.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return json.loads(stored["notes"].tobytes())
    except Exception:  # NumPy raises whatever its readers meet in a broken file
        return {}


def load_state(
    path: pathlib.Path,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    check: Callable[[dict[str, Any]], object] = lambda notes: None,
    of_objective: Sequence[keras.Variable] = (),
    averages: Mapping[str, Tensor] = types.MappingProxyType({}),
) -> dict[str, Any]:
    """Read what `save_state` wrote into a model and an optimizer of the same shapes.

    Args:
        path: the `.npz` file.
        model: the model that takes the weights.
        optimizer: the optimizer, built on all that is trained.
        check: called with the notes before anything else is looked at; may raise a UsageError.
        of_objective: variables of what is minimised.
        averages: variables of the average of the weights, by path.

    Returns:
        The notes.

    Raises:
        UsageError: the file is missing, broken, or of another model.
    """
    variables = _variables(model, optimizer, of_objective, averages)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            notes = json.loads(stored["notes"].tobytes())
            check(notes)
            if set(stored.files) != {*variables, "notes"}:
                raise UsageError(f"{path}: found the state of another model, expected that of {model.name!r}")
            arrays = {name: stored[name] for name in variables}
    except FileNotFoundError:
        raise UsageError(f"{path}: found no state to resume from") from None
    except UsageError:
        raise
    except Exception as error:  # NumPy raises whatever its readers meet in a broken file
        raise UsageError(f"{path}: broken state ({error})") from None
    for name, variable in variables.items():
        if tuple(variable.shape) != arrays[name].shape:
            raise UsageError(f"{path}: {name} is {list(arrays[name].shape)}, expected {list(variable.shape)}")
        variable.assign(arrays[name])
    return notes
