"""Training from scratch with learned step sizes is stable."""

import keras
import numpy as np
import pytest

from dlnet_tf import DLNet, backbones
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.likelihood import GradientUpdate
from dlnet_tf.likelihood.recalibration import is_due
from dlnet_tf.likelihood.update import Update
from tests import stand_in


def test_calibrations_become_rarer_and_end():
    due = [step for step in range(1, 5000) if is_due(step)]
    assert due[:10] == [1, 2, 3, 4, 6, 9, 13, 19, 28, 42]
    assert due[-1] <= 1024
    assert not is_due(0)


def test_none_is_skipped_where_steps_are_taken_together():
    assert [step for step in range(8, 200, 8) if is_due(step, step - 8)] == [8, 16, 24, 32, 48, 64, 96, 144]
    assert is_due(1030, 700) and not is_due(5000, 1024)
    assert not is_due(64, 64)


def narrow():
    keras.utils.set_random_seed(0)
    model = DLNet(stand_in.idn(2), BlurDownsample(2), num_steps=2, update=GradientUpdate())
    clean = np.random.default_rng(0).random((16, 16, 16, 1), "float32")
    return model, {"degraded": clean[:, ::2, ::2], "blur_width": np.zeros(16, "float32")}, clean


@pytest.fixture
def calibrations(monkeypatch):
    """The optimizer's count of steps at every calibration."""
    steps, calibrate = [], DLNet.calibrate

    def counted(model):
        steps.append(int(model.optimizer.iterations) if hasattr(model, "optimizer") else 0)
        return calibrate(model)

    monkeypatch.setattr(DLNet, "calibrate", counted)
    return steps


def test_several_steps_an_execution_are_calibrated_after(calibrations):
    model, inputs, clean = narrow()
    model.compile("adam", "mse", steps_per_execution=8)
    model.fit(inputs, clean, batch_size=1, epochs=1, verbose=0)
    assert calibrations == [0, 8, 16]


@pytest.mark.slow
def test_a_model_that_is_saved_early_goes_on_being_calibrated(calibrations, tmp_path):
    model, inputs, clean = narrow()
    model.compile("adam", "mse")
    model.fit(inputs, clean, batch_size=4, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.recalibrate
    again.fit(inputs, clean, batch_size=4, verbose=0)
    assert calibrations == [0, 1, 2, 3, 4, 6]


def test_a_model_that_is_trained_is_calibrated_no_more(calibrations, tmp_path):
    model, inputs, clean = narrow()
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    model.optimizer.iterations.assign(2000)
    model.fit(inputs, clean, batch_size=4, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    again.compile("adam", "mse")
    again.fit(inputs, clean, batch_size=4, verbose=0)
    assert calibrations == [0] and not again.recalibrate


def test_step_sizes_that_are_given_stay(calibrations):
    _, inputs, clean = narrow()
    calibrations.clear()
    model = DLNet(stand_in.idn(2), BlurDownsample(2), num_steps=2, update=GradientUpdate(0.1))
    model.compile("adam", "mse")
    model.fit(inputs, clean, batch_size=4, verbose=0)
    assert calibrations == [] and model.update.step_size == 0.1


@pytest.mark.slow
def test_fit_from_scratch_keeps_the_steps_below_the_limit_of_stability():
    keras.utils.set_random_seed(0)
    model = DLNet(backbones.idn(2, width=16), BlurDownsample(2), num_steps=2, update=GradientUpdate())
    first = model.update.step_size
    clean = np.random.default_rng(0).random((48, 16, 16, 1), "float32")
    inputs = {"degraded": clean[:, ::2, ::2], "blur_width": np.zeros(48, "float32")}
    model.compile("adam", "mse")
    losses = model.fit(inputs, clean, batch_size=4, epochs=1, verbose=0).history["loss"]
    # The head grows by orders of magnitude in these steps; with the first base the loss would be in the hundreds.
    assert model.update.step_size < 0.05 * first
    assert losses[-1] < 1.0


class OneSize(Update):
    """A rule of somebody else's: one step size, which is left to the calibration."""

    calibrated = True
    base = None

    @property
    def has_base(self):
        return self.base is not None

    def rebase(self, step_size):
        self.base = step_size

    def step(self, index, gradient, state):
        return -self.base * gradient, None


def test_another_rule_that_asks_for_it_is_calibrated():
    keras.utils.set_random_seed(0)
    network = stand_in.idn(2)
    ours, theirs = (
        DLNet(network, BlurDownsample(2), 3, update) for update in (GradientUpdate(damping=None), OneSize())
    )
    assert theirs.update.base == pytest.approx(ours.update.step_size)
    y = {"degraded": np.random.default_rng(0).random((1, 12, 12, 1), "float32"), "blur_width": np.ones(1, "float32")}
    np.testing.assert_allclose(theirs(y), ours(y), atol=1e-6)
