"""One of the scripts on small networks, with its state written after every step; run in a process of its own.

python -m tests.training.resumable_run SCRIPT FLAGS [+ FLAGS ...]   one run after the other

Where the environment has DIE_AFTER_STEP, the process kills itself after that step; where it has PHASES, it tells in
that file what it is doing.
"""

import functools
import importlib
import os
import pathlib
import signal
import sys

import run_flags
from tests.training import phases


@functools.cache
def shrink(replicas):
    """Make everything small, and --strategy=mirrored spread a run over so many virtual CPUs."""
    from dlnet_tf.backbones import BACKBONES
    from dlnet_tf.experiments import training
    from dlnet_tf.experiments.super_resolution import patch_lesson
    from tests import stand_in

    BACKBONES["idn"], BACKBONES["autoencoder"] = stand_in.idn, stand_in.autoencoder
    patch_lesson.PATCHES = dict.fromkeys(patch_lesson.PATCHES, patch_lesson.Patches(side=8, batch_size=4))
    plan, make_run = training.Plan, training.Run
    training.Plan = lambda **fields: plan(**fields | {"checkpoint_seconds": 0.0})

    def often(model, shipped, optimizer, lesson, plan, *others):
        lesson.validate_every = min(9, plan.total_steps // 3)
        return make_run(model, shipped, optimizer, lesson, plan, *others)

    training.Run = often
    # A process can make one strategy of several workers.
    training.make_strategy = functools.cache(training.make_strategy)
    if "DIE_AFTER_STEP" in os.environ:
        die_after(int(os.environ["DIE_AFTER_STEP"]))
    if "PHASES" in os.environ:
        phases.tell(os.environ["PHASES"])
    if replicas > 1:
        import tensorflow as tf

        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * replicas)
        make = training.make_strategy
        spread = functools.cache(lambda: tf.distribute.MirroredStrategy([f"CPU:{n}" for n in range(replicas)]))
        training.make_strategy = lambda name: spread() if name == "mirrored" else make(name)


def die_after(last):
    from dlnet_tf.training.run import Run

    take = Run.step

    def step(self, number, iterator):
        result = take(self, number, iterator)
        if number == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    Run.step = step


def run(script, replicas):
    from dlnet_tf import zoo

    shrink(replicas)
    # Where the reference network lies that fine-tuning starts from.
    zoo.CHECKPOINTS = pathlib.Path(run_flags.FLAGS.data_dir)
    script.run()


def main(name, flags):
    """Train a run for each of the lists of flags, which a + parts."""
    script = importlib.import_module(name)
    runs = [[]]
    for flag in flags:
        runs.append([]) if flag == "+" else runs[-1].append(flag)
    replicas = 2 if "--strategy=mirrored" in flags else 1
    for part in runs:
        sys.argv = [f"{name}.py", *part]
        for flag in run_flags.FLAGS:
            run_flags.FLAGS[flag].unparse()
        run_flags.launch(script.__doc__, lambda: run(script, replicas))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
