"""The models that a command line names, with the flags that change them applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras

from dlnet_tf import keras_models
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.checkpoints import load_named
from dlnet_tf.experiments.experiment import Experiment
from dlnet_tf.likelihood import DLNet
from dlnet_tf.options import ModelOptions


def load_models(experiment: Experiment, methods: Sequence[str], options: ModelOptions) -> dict[str, keras.Model]:
    """Load the models that the flags name, and apply --precision, --num_steps and --step_size.

    --checkpoint is one of them, by file or name, or a folder of runs; without it some of those that ship are loaded.

    Args:
        experiment: whose models.
        methods: those that ship are read where there is no --checkpoint.
        options: which of them, and what is changed.

    Returns:
        method -> model; with --checkpoint as `load_named` names them.

    Raises:
        UsageError: a checkpoint is missing, or is of another network or method; no model heeds one of the flags.
    """
    if options.method and options.method not in experiment.methods:
        expected = ", ".join(experiment.methods)
        raise UsageError(f"--method={options.method}: found with {experiment.title}, expected {expected}")
    if options.checkpoint:
        loaded = load_named(experiment, options.checkpoint, options.method)
    else:
        loaded = {method: experiment.load_shipped(method) for method in methods}
    if options.precision:
        loaded = {method: keras_models.with_precision(model, options.precision) for method, model in loaded.items()}
    _take_steps(loaded, options)
    return loaded


def load_compared(experiment: Experiment, options: ModelOptions) -> dict[str, keras.Model]:
    """Load the models of --checkpoint or --method, or all that ship; arguments and refusals as of `load_models`."""
    # With nothing shipped the first method's refusal names the command that trains it.
    methods = [options.method] if options.method else experiment.shipped() or ["reference"]
    return load_models(experiment, methods, options)


def _take_steps(loaded: Mapping[str, keras.Model], options: ModelOptions) -> None:
    """Apply --num_steps and --step_size, and refuse them where none of the models would heed them."""
    dlnets = [model for model in loaded.values() if isinstance(model, DLNet)]
    rules = [model.update for model in dlnets if "step_size" in model.update.given]
    if options.num_steps and not dlnets:
        raise UsageError(f"--num_steps={options.num_steps}: found no DL-Net among {', '.join(loaded)}")
    if options.step_size is not None and not rules:
        raise UsageError(f"--step_size={options.step_size}: found no Adam rule among {', '.join(loaded)}")
    for model in dlnets:
        model.num_steps = options.num_steps or model.num_steps
    for rule in rules:
        rule.step_size = rule.step_size if options.step_size is None else options.step_size
