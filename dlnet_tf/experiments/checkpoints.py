"""The models that --checkpoint names: a file, a model that ships, or a folder of runs."""

from __future__ import annotations

import pathlib

import keras

from dlnet_tf import zoo
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.experiment import Experiment
from dlnet_tf.likelihood import DLNet
from dlnet_tf.likelihood.rules import name_of
from dlnet_tf.methods import METHODS, dlnets
from dlnet_tf.tasks import TASKS


def load_named(experiment: Experiment, checkpoint: str, method: str | None) -> dict[str, keras.Model]:
    """Load what --checkpoint names.

    Args:
        experiment: whose models.
        checkpoint: file, name of a model that ships, or folder of runs.
        method: that of --method.

    Returns:
        method -> model; a plain network that is called by no method's name goes by the name of its file, and of several
        models of one method in a folder those in folders below it go by "<method>, <folder below it>".

    Raises:
        UsageError: a checkpoint is missing, or is of another network or method.
    """
    folder = pathlib.Path(checkpoint)
    if folder.is_dir():
        paths = _in_folder(experiment, folder, method)
        return {name: _built(experiment, name.partition(",")[0], experiment.load(path)) for name, path in paths.items()}
    path = file_of(experiment, checkpoint)
    model = experiment.load(path)
    built = _built(experiment, method, model)
    taken = method if built is not model else None
    return {taken or _method_of(experiment, model, path, method): built}


def file_of(experiment: Experiment, checkpoint: str) -> pathlib.Path:
    """Return the file that --checkpoint is, or that of the model that ships by this name.

    Raises:
        UsageError: there is none of the name, or it is of another task.
    """
    try:
        path = zoo.find(checkpoint)
    except UsageError as error:
        raise UsageError(f"--checkpoint: {error}") from None
    if path != pathlib.Path(checkpoint) and (task := zoo.task_of_model(path.stem)) != experiment.task:
        found, expected = (TASKS[name].heading.lower() for name in (task, experiment.task))
        same = TASKS[task].folder == TASKS[experiment.task].folder
        hint = f"; --task={task} takes it" if same else ""
        raise UsageError(f"--checkpoint={checkpoint}: found a model for {found}, expected one for {expected}{hint}")
    return path


def _in_folder(experiment: Experiment, folder: pathlib.Path, given: str | None) -> dict[str, pathlib.Path]:
    """Find the checkpoints of an experiment in a folder of runs, by their names: method, variant -> file."""
    found: dict[str, pathlib.Path] = {}
    for method in [given] if given else experiment.methods:
        file_name = f"{experiment.name(METHODS[method].network_of or method)}.keras"
        files = sorted(folder.rglob(file_name), key=lambda file: (file.parent != folder, file))
        for file in files:
            below = len(files) > 1 and file.parent != folder
            found[f"{method}, {file.parent.relative_to(folder).as_posix()}" if below else method] = file
    if not found:
        expected = experiment.name(given or "<method>")
        raise UsageError(f"--checkpoint={folder}: found no file {expected}.keras in this folder or those in it")
    return found


def _built(experiment: Experiment, method: str | None, model: keras.Model) -> keras.Model:
    """Return the model of a method that takes a network as it is; any other model stays."""
    if method and METHODS[method].network_of and not isinstance(model, DLNet):
        return experiment.build(method, model)
    return model


def _method_of(experiment: Experiment, model: keras.Model, path: pathlib.Path, given: str | None) -> str:
    """Tell the method of a checkpoint: a DL-Net's by its rule, a plain network's by --method or the file's name."""
    found = path.stem
    if isinstance(model, DLNet):
        rule = name_of(model.update)
        named = dlnets(rule) if rule else []
        found = next((method for method in named if path.stem.endswith(f"_{method}")), next(iter(named), found))
    else:
        plain = [method for method in experiment.methods if not METHODS[method].rule]
        found = next((method for method in plain if path.stem.endswith(f"_{method}")), found)
    # The name of a file says nothing against a method, if it is no method's.
    if given and given != found and (found in experiment.methods or METHODS[given].rule):
        raise UsageError(f"--method={given}: found {found} in {path}, expected a checkpoint of that method")
    return given or found
