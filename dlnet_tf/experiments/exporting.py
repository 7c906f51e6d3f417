"""Exporting one model of an experiment from the command line, whatever its task."""

from __future__ import annotations

from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.experiment import Experiment
from dlnet_tf.experiments.one_model import load_one
from dlnet_tf.export import export
from dlnet_tf.files import check_target
from dlnet_tf.options import ExportOptions


def export_model(experiment: Experiment, options: ExportOptions) -> None:
    """Write a model as a SavedModel, or as a LiteRT file where --output ends in .tflite, and check it.

    Args:
        experiment: whose model.
        options: which model.

    Raises:
        UsageError: a flag or a file is wrong.
    """
    if not options.output:
        raise UsageError("--mode=export: expected --output, the folder of the SavedModel or a .tflite file")
    check_target(options.output, options.overwrite)
    name, model = load_one(experiment, options)
    difference = export(model, options.output, options.overwrite)
    print(f"{options.output}  ({name}; loaded without dlnet_tf it differs by {difference:.1e} at most)")
