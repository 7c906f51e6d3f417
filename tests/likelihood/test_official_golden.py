"""The likelihood module against what the authors' own TensorFlow 1 code computed on the same weights."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from dlnet_tf.degradations import Masking
from dlnet_tf.likelihood import AdamUpdate, DLNet
from tests.golden.official_autoencoder import golden, official_autoencoder, official_inputs

TASKS = ("inpaint", "interp")


class AuthorsScale(AdamUpdate):
    """Adam on the authors' fidelity: half the batch mean of the sum over observed pixels / their number."""

    def __init__(self, step_size, mask):
        super().__init__(step_size)
        self.scale = 0.5 / len(mask) / mask.sum(axis=(1, 2, 3), keepdims=True)

    def step(self, index, gradient, state):
        return super().step(index, gradient * ops.cast(self.scale, gradient.dtype), state)


@functools.cache
def backbone():
    return official_autoencoder()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("lr", [0.001, 0.1])
def test_restored_images_and_fidelity_of_every_k(task, lr):
    inputs = official_inputs(task)
    observed = inputs["mask"].sum(axis=(1, 2, 3))
    authors = DLNet(backbone()[0], Masking(), update=AuthorsScale(lr, inputs["mask"]))
    ours = DLNet(backbone()[0], Masking(), step_size=lr)
    _, fidelity = ours.restore_with_fidelity(inputs)
    for k in (1, 2, 3, 4, 5):
        expected = golden()[f"{task}_lr{lr}_K{k}_restored"]
        # A plain sum differs from the authors' mean only where the floor of 1e-16 bites. Single elements of z whose
        # first step is the sign of rounding noise may go the other way under either.
        for model, tolerance in ((authors, 5e-4), (ours, 0.035)):
            model.num_steps = k
            difference = np.abs(model(inputs, training=False) - expected)
            assert np.median(difference) < 2e-6
            assert np.quantile(difference, 0.99) < 4e-6 + tolerance * lr
            assert difference.max() < 1e-5 + 1.2 * lr
        like = 0.5 * np.mean(np.asarray(fidelity)[k - 1] / observed)
        np.testing.assert_allclose(like, golden()[f"{task}_lr{lr}_K{k}_like"], rtol=1e-4)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("lr, k", [(0.001, 1), (0.001, 5), (0.1, 2), (0.1, 5)])
def test_training_loss_and_its_gradient_through_all_steps(task, lr, k):
    inputs = official_inputs(task)
    network, variables = backbone()
    model = DLNet(network, Masking(), num_steps=k, update=AuthorsScale(lr, inputs["mask"]))
    before = [v.numpy() for v in network.non_trainable_variables]
    with tf.GradientTape() as tape:
        restored = model(inputs, training=True)
        loss = 0.5 * tf.reduce_sum(tf.square(restored - golden()["images"])) / len(restored)
    gradients = tape.gradient(loss, {name: v.value for name, v in variables.items()})
    for variable, value in zip(network.non_trainable_variables, before, strict=True):
        variable.assign(value)

    # Where some element of the gradient of z is close to the floor, one unit in the last place of y moves these by 5 %.
    tolerance = 0.1 if (task, lr, k) == ("interp", 0.1, 5) else 5e-3
    stem = f"{task}_lr{lr}_K{k}"
    np.testing.assert_allclose(loss, golden()[f"{stem}_train_eucd"], rtol=1e-4)
    for name, gradient in gradients.items():
        flat = gradient.numpy().ravel().astype("float64")
        norm = golden()[f"{stem}_gradnorm_{name}"]
        np.testing.assert_allclose(np.linalg.norm(flat), norm, rtol=tolerance, err_msg=name)
        projection = flat @ np.cos(np.arange(flat.size))
        assert abs(projection - golden()[f"{stem}_gradproj_{name}"]) < 4 * tolerance * norm, name
