"""A script on a small network that writes its state after every step; run in a process of its own.

python -m tests.training.resumable_run SCRIPT FLAGS
"""

import dataclasses
import importlib
import pathlib
import sys

import run_flags


def run(script, options):
    from dlnet_tf.backbones import BACKBONES
    from dlnet_tf.experiments import experiment, super_resolution, training
    from tests import stand_in

    BACKBONES["idn"], BACKBONES["autoencoder"] = stand_in.idn, stand_in.autoencoder
    # Where the reference network lies that fine-tuning starts from.
    experiment.CHECKPOINTS = pathlib.Path(options.data_dir)
    for name, method in super_resolution.METHODS.items():
        super_resolution.METHODS[name] = dataclasses.replace(method, patch=8, batch=4)
    plan = training.Plan
    training.Plan = lambda **fields: plan(**fields | {"checkpoint_seconds": 0.0, "validate_every": 9})
    script.run(options)


if __name__ == "__main__":
    script = importlib.import_module(sys.argv.pop(1))
    sys.exit(run_flags.launch(script.__doc__, lambda options: run(script, options)))
