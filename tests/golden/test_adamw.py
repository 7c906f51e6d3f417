"""Keras' AdamW against the trajectory of the one in TensorFlow Addons."""

import pathlib

import keras
import numpy as np
import pytest

REFERENCE = pathlib.Path(__file__).parent / "tfa_reference.npz"
LEARNING_RATE, DECAY = 1e-3, 1e-4


def distance(weight_decay):
    """How far Keras ends up from TensorFlow Addons at most, relative to the length of the way."""
    with np.load(REFERENCE) as data:
        start, gradients, expected = data["adamw_w0"], data["adamw_grads"], data["adamw_trajectory"]
    weights = keras.Variable(start)
    optimizer = keras.optimizers.AdamW(LEARNING_RATE, weight_decay=weight_decay)
    trajectory = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weights])
        trajectory.append(weights.numpy())
    return np.abs(trajectory - expected).max() / np.abs(expected[-1] - start).max()


def test_keras_multiplies_the_decay_by_the_learning_rate_and_tensorflow_addons_does_not():
    assert distance(DECAY / LEARNING_RATE) < 1e-4


@pytest.mark.parametrize("weight_decay", [0.0, DECAY])
def test_another_decay_is_seen(weight_decay):
    assert distance(weight_decay) > 1e-2
