"""Training from scratch with learned step sizes is stable."""

import keras
import numpy as np

from dlnet_tf import DLNet, backbones
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.likelihood import GradientUpdate
from dlnet_tf.likelihood.recalibration import is_due


def test_calibrations_become_rarer_and_end():
    due = [step for step in range(1, 5000) if is_due(step)]
    assert due[:10] == [1, 2, 3, 4, 6, 9, 13, 19, 28, 42]
    assert due[-1] <= 1024
    assert not is_due(0)


def test_fit_from_scratch_keeps_the_steps_below_the_limit_of_stability():
    keras.utils.set_random_seed(0)
    model = DLNet(backbones.idn(2, width=16), BlurDownsample(2), num_steps=3, update=GradientUpdate())
    first = model.update.step_size
    clean = np.random.default_rng(0).random((48, 16, 16, 1), "float32")
    inputs = {"degraded": clean[:, ::2, ::2], "blur_width": np.zeros(48, "float32")}
    model.compile("adam", "mse")
    losses = model.fit(inputs, clean, batch_size=4, epochs=1, verbose=0).history["loss"]
    # The head grows by orders of magnitude in these steps; with the first base the loss would be in the hundreds.
    assert model.update.step_size < 0.05 * first
    assert losses[-1] < 1.0
