"""The one model of an experiment that is restored with or exported, whatever the task."""

from __future__ import annotations

import pathlib

import keras

from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.checkpoints import file_of
from dlnet_tf.experiments.experiment import Experiment
from dlnet_tf.experiments.loading import load_models
from dlnet_tf.methods import METHODS, dlnets
from dlnet_tf.options import ModelOptions


def load_one(experiment: Experiment, options: ModelOptions) -> tuple[str, keras.Model]:
    """Load --checkpoint, or the model of --method, by default the last DL-Net that ships.

    Args:
        experiment: whose model.
        options: which model.

    Returns:
        The model's name and the model.

    Raises:
        UsageError: there is none, or --checkpoint is a folder with several.
    """
    # With none shipped the refusal names the command that trains one.
    default = [method for method in experiment.shipped() if METHODS[method].rule] or dlnets()
    loaded = load_models(experiment, [options.method or default[-1]], options)
    if options.method in loaded:
        # Its variants lie in folders below.
        loaded = {options.method: loaded[options.method]}
    if len(loaded) > 1:
        expected = "the file of one of them" if options.method else "--method too"
        raise UsageError(f"--checkpoint={options.checkpoint}: found {', '.join(loaded)}, expected {expected}")
    ((method, model),) = loaded.items()
    taken = options.method and METHODS[options.method].network_of
    if options.checkpoint and not taken and not pathlib.Path(options.checkpoint).is_dir():
        return file_of(experiment, options.checkpoint).stem, model
    return experiment.name(method), model
