"""Trains two small models under strategies of tf.distribute; run in processes of its own.

python -m tests.training.distributed_worker FOLDER none mirrored   one process, two virtual CPUs
python -m tests.training.distributed_worker FOLDER multiworker     the worker that TF_CONFIG names
"""

import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf.data.patches import PatchSource
from dlnet_tf.data.pipeline import corrupted_batches
from dlnet_tf.experiments.sisr_training import corruption
from dlnet_tf.experiments.super_resolution import METHODS, SuperResolution
from dlnet_tf.likelihood import DLNet, GradientUpdate
from dlnet_tf.objectives import Objective
from dlnet_tf.training.loop import train
from dlnet_tf.training.plan import Plan, Validation
from dlnet_tf.training.strategies import make_strategy
from tests import stand_in

BATCH = 4
STEPS = 5
EXPERIMENT = SuperResolution("idn", 3)


def run(folder, strategy, num_steps, steps=STEPS, resume=False):
    corrupt = corruption(EXPERIMENT, METHODS["dlnet"])
    source = PatchSource([stand_in.photograph(0, colour=False)], 24)
    with strategy.scope():
        keras.utils.set_random_seed(1)
        model, shipped = (
            DLNet(stand_in.idn(), EXPERIMENT.degradation, num_steps, GradientUpdate(5.0, name="rule")) for _ in range(2)
        )
        optimizer = keras.optimizers.Adam(1e-3)
    train(
        model,
        shipped,
        optimizer,
        Objective(),
        lambda first, last, context: corrupted_batches(source.sample, corrupt, BATCH, 0, first, last, context),
        lambda: Validation({"sum": float(sum(np.abs(weight).sum() for weight in shipped.get_weights()))}),
        Plan("tiny", folder, steps, BATCH, 0.5, validate_every=2, log_dir=folder / "logs"),
        strategy,
        resume,
    )


if __name__ == "__main__":
    root, *names = sys.argv[1:]
    if "mirrored" in names:
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    for name in names:
        strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]) if name == "mirrored" else make_strategy(name)
        assert strategy.num_replicas_in_sync == (1 if name == "none" else 2)
        for num_steps in (1, 3):
            folder = pathlib.Path(root, f"{name}{num_steps}")
            if name == "multiworker":
                run(folder, strategy, num_steps, steps=2)
            run(folder, strategy, num_steps, resume=name == "multiworker")
