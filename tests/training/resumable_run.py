"""`run_sisr.py` on a small network that writes its state after every step; run in a process of its own."""

import dataclasses
import functools
import pathlib
import sys

import run_flags
import run_sisr


def run(options):
    from dlnet_tf.backbones import BACKBONES
    from dlnet_tf.experiments import experiment, super_resolution, training
    from tests import stand_in

    BACKBONES["idn"] = stand_in.idn
    # Where the reference network lies that fine-tuning starts from.
    experiment.CHECKPOINTS = pathlib.Path(options.data_dir)
    for name, method in super_resolution.METHODS.items():
        super_resolution.METHODS[name] = dataclasses.replace(method, patch=8, batch=4)
    training.Plan = functools.partial(training.Plan, checkpoint_seconds=0.0, validate_every=9)
    run_sisr.run(options)


if __name__ == "__main__":
    sys.exit(run_flags.launch(run_sisr.__doc__, run))
