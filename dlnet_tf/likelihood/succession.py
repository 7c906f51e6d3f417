"""What a DL-Net that is trained on takes over beside the weights of its network: step sizes and dampings."""

from __future__ import annotations

import math

import keras
import numpy as np
from keras import ops

from dlnet_tf.likelihood.damping import Damping
from dlnet_tf.likelihood.gradient_update import GradientUpdate
from dlnet_tf.likelihood.plain_network import described


def take_over(model: keras.Model, source: keras.Model) -> None:
    """Give a DL-Net what another one has learned of how z is moved, where both have it.

    Step sizes go over between two `GradientUpdate`s that are both damped or both not, as a damping changes what a step
    size means; dampings of the steps with them, that of a start between two starts. Where K is larger than it was the
    last step's repeat.

    Args:
        model: what is trained next; nothing happens to a plain network.
        source: what training starts from.
    """
    taker, giver = described(model), described(source)
    if taker.start is not None and giver.start is not None:
        _take_dampings(taker.start.dampings, giver.start.dampings)
    ours, theirs = taker.update, giver.update
    if not (isinstance(ours, GradientUpdate) and isinstance(theirs, GradientUpdate)):
        return
    if (ours.dampings is None) != (theirs.dampings is None):
        return
    ours.rebase(float(ops.convert_to_numpy(theirs.base)))
    _repeat(ours.factors, ops.convert_to_numpy(theirs.factors))
    if ours.dampings is not None and theirs.dampings is not None:
        _take_dampings(ours.dampings, theirs.dampings)


def _take_dampings(ours: Damping, theirs: Damping) -> None:
    # They are learned as logarithms of factors on where they start.
    _repeat(ours.log_damping, ops.convert_to_numpy(theirs.log_damping) + math.log(theirs.start / ours.start))
    _repeat(ours.log_noise, ops.convert_to_numpy(theirs.log_noise) + math.log(theirs.noise / ours.noise))


def _repeat(variable: keras.Variable, rows: np.ndarray) -> None:
    """Assign rows to a variable that may have fewer, or more, which are like the last one."""
    variable.assign(rows[np.minimum(np.arange(variable.shape[0]), len(rows) - 1)])
