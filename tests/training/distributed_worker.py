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
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.degradations.samplers import sample_blur_width
from dlnet_tf.likelihood import DLNet, GradientUpdate
from dlnet_tf.objectives import reconstruction
from dlnet_tf.training.loop import train
from dlnet_tf.training.plan import Plan, Validation
from dlnet_tf.training.strategies import make_strategy
from tests import stand_in

BATCH = 4
STEPS = 5
DEGRADATION = BlurDownsample(3)


def corrupt(seed, clean):
    blur_width = sample_blur_width(seed, clean.shape[0])
    return {"degraded": DEGRADATION(clean, {"blur_width": blur_width}), "blur_width": blur_width}


def run(folder, strategy, num_steps):
    source = PatchSource([stand_in.photograph(0, colour=False)], 24)
    with strategy.scope():
        keras.utils.set_random_seed(1)
        model, shipped = (
            DLNet(stand_in.idn(), DEGRADATION, num_steps, GradientUpdate(5.0, name="rule")) for _ in range(2)
        )
        optimizer = keras.optimizers.Adam(1e-3)
    train(
        model,
        shipped,
        optimizer,
        lambda restored, clean, inputs: reconstruction(restored, clean),
        lambda first, last, context: corrupted_batches(source.sample, corrupt, BATCH, 0, first, last, context),
        lambda model: Validation({"sum": float(sum(np.abs(weight).sum() for weight in model.get_weights()))}),
        Plan("tiny", folder, STEPS, BATCH, 0.5, validate_every=2),
        strategy,
        resume=False,
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
            run(pathlib.Path(root, f"{name}{num_steps}"), strategy, num_steps)
