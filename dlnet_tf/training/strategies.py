"""tf.distribute strategies by name."""

from __future__ import annotations

import tensorflow as tf


def make_strategy(name: str) -> tf.distribute.Strategy:
    """Return a strategy.

    Args:
        name: "none" for the one device that TensorFlow chooses; "mirrored" for all GPUs of this machine (or its CPU);
            "multiworker" for the workers in the environment variable TF_CONFIG.
    """
    if name == "mirrored":
        return tf.distribute.MirroredStrategy()
    if name == "multiworker":
        return tf.distribute.MultiWorkerMirroredStrategy()
    return tf.distribute.get_strategy()
