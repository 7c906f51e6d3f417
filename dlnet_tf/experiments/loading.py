"""The models that a command line names, with the flags that change them applied."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence

import keras

from dlnet_tf import keras_models, zoo
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.experiment import Experiment
from dlnet_tf.likelihood import DLNet
from dlnet_tf.likelihood.rules import RULES
from dlnet_tf.methods import METHODS, dlnets
from dlnet_tf.options import ModelOptions


def load_models(experiment: Experiment, methods: Sequence[str], options: ModelOptions) -> dict[str, keras.Model]:
    """Load the models that the flags name, and apply --precision, --num_steps and --step_size.

    --checkpoint is one of them, by file or name, or a folder of runs; without it some of those that ship are loaded.

    Args:
        experiment: whose models.
        methods: those that ship are read where there is no --checkpoint.
        options: which of them, and what is changed.

    Returns:
        method -> model; a plain network that is called by no method's name goes by the name of its file, and several
        models of one method in a folder go by "<method>, <folder below it>".

    Raises:
        UsageError: a checkpoint is missing, or is of another network or method; no model heeds one of the flags.
    """
    if options.method and options.method not in experiment.methods:
        expected = ", ".join(experiment.methods)
        raise UsageError(f"--method={options.method}: found with {experiment.title}, expected {expected}")
    if options.checkpoint and pathlib.Path(options.checkpoint).is_dir():
        paths = _in_folder(experiment, pathlib.Path(options.checkpoint), options.method)
        loaded = {
            name: _built(experiment, name.partition(",")[0], experiment.load(path)) for name, path in paths.items()
        }
    elif options.checkpoint:
        path = file_of(experiment, options.checkpoint)
        model = experiment.load(path)
        built = _built(experiment, options.method, model)
        taken = options.method if built is not model else None
        loaded = {taken or _method_of(experiment, model, path, options.method): built}
    else:
        loaded = {method: experiment.load_shipped(method) for method in methods}
    if options.precision:
        loaded = {method: keras_models.with_precision(model, options.precision) for method, model in loaded.items()}
    _take_steps(loaded, options)
    return loaded


def file_of(experiment: Experiment, checkpoint: str) -> pathlib.Path:
    """Return the file that --checkpoint is, or that of the model that ships by this name.

    Raises:
        UsageError: there is none of the name, or it is of another task.
    """
    try:
        path = zoo.find(checkpoint)
    except UsageError as error:
        raise UsageError(f"--checkpoint: {error}") from None
    if path != pathlib.Path(checkpoint) and (task := zoo.task_of(path.stem)) != experiment.task:
        raise UsageError(f"--checkpoint={checkpoint}: found a model of task {task}, expected one of {experiment.task}")
    return path


def load_compared(experiment: Experiment, options: ModelOptions) -> dict[str, keras.Model]:
    """Load the models of --checkpoint or --method, or all that ship; arguments and refusals as of `load_models`."""
    # With nothing shipped the first method's refusal names the command that trains it.
    methods = [options.method] if options.method else experiment.shipped() or ["reference"]
    return load_models(experiment, methods, options)


def _in_folder(experiment: Experiment, folder: pathlib.Path, given: str | None) -> dict[str, pathlib.Path]:
    """Find the checkpoints of an experiment in a folder of runs, by their names: method, variant -> file."""
    found: dict[str, pathlib.Path] = {}
    for method in [given] if given else experiment.methods:
        files = sorted(folder.rglob(f"{experiment.name(METHODS[method].network_of or method)}.keras"))
        if len(files) == 1:
            found[method] = files[0]
        else:
            found |= {f"{method}, {file.parent.relative_to(folder).as_posix()}": file for file in files}
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
        rules = [rule for rule, kind in RULES.items() if isinstance(model.update, kind)]
        named = [method for rule in rules for method in dlnets(rule)]
        found = next((method for method in named if path.stem.endswith(f"_{method}")), next(iter(named), found))
    else:
        plain = [method for method in experiment.methods if not METHODS[method].rule]
        found = next((method for method in plain if path.stem.endswith(f"_{method}")), found)
    # The name of a file says nothing against a method, if it is no method's.
    if given and given != found and (found in experiment.methods or METHODS[given].rule):
        raise UsageError(f"--method={given}: found {found} in {path}, expected a checkpoint of that method")
    return given or found


def _take_steps(loaded: Mapping[str, keras.Model], options: ModelOptions) -> None:
    """Apply --num_steps and --step_size, and refuse them where none of the models would heed them."""
    dlnets = [model for model in loaded.values() if isinstance(model, DLNet)]
    rules = [model.update for model in dlnets if model.update.has_gamma]
    if options.num_steps and not dlnets:
        raise UsageError(f"--num_steps={options.num_steps}: found no DL-Net among {', '.join(loaded)}")
    if options.step_size is not None and not rules:
        raise UsageError(f"--step_size={options.step_size}: found no Adam rule among {', '.join(loaded)}")
    for model in dlnets:
        model.num_steps = options.num_steps or model.num_steps
    for rule in rules:
        rule.step_size = rule.step_size if options.step_size is None else options.step_size
