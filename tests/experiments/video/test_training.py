"""Training on clips: what it sees, what it leaves behind."""

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf import keras_models, zoo
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.patch_lesson import Patches
from dlnet_tf.experiments.video import training as module
from dlnet_tf.experiments.video.training import Clips, train_model
from dlnet_tf.likelihood import DLNet
from dlnet_tf.objectives import MotionObjective
from dlnet_tf.options import TrainOptions
from tests.data.test_training_clips import clips

VESPCN = SuperResolution("vespcn", 2)


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PATCH", Patches(side=8, batch_size=2))
    monkeypatch.setattr(Clips, "validate_every", 2)
    # It cannot be switched off again for the tests that follow; tests/training/test_resume.py runs with it.
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: None)
    folder = tmp_path / "data" / "vsr"
    clips(folder / "train", 2)
    clips(folder / "val", 1, first=5)
    return tmp_path / "data"


def test_a_batch_is_three_frames_of_one_blur_and_resumes_exactly(data):
    lesson = Clips(VESPCN, "joint", TrainOptions(data_dir=str(data), seed=3), 2)
    batches = list(lesson.batches(0, 3))
    for inputs, clean in batches:
        assert clean.shape == (2, 16, 16, 1) and inputs["neighbours"].shape == (2, 8, 8, 2)
        blurred = BlurDownsample(2)(clean, {"blur_width": inputs["blur_width"]})
        np.testing.assert_allclose(inputs["degraded"], blurred, atol=1e-6)
        # Frames are moved by a pixel: what is before and after is alike, not the same.
        assert 0 < np.abs(inputs["neighbours"] - inputs["degraded"]).max() < 0.5
    (again,) = lesson.batches(2, 3)
    for one, other in zip(tf.nest.flatten(batches[2]), tf.nest.flatten(again), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_the_reference_learns_motion_and_a_dlnet_starts_from_it(data, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(zoo, "CHECKPOINTS", tmp_path)
    run = {"data_dir": str(data), "train_steps": 2}
    assert isinstance(Clips(VESPCN, "reference", TrainOptions(**run), 2).objective, MotionObjective)
    train_model(VESPCN, TrainOptions(**run, method="reference", output_dir=tmp_path / "reference"))
    card = (tmp_path / "reference" / "vespcn_x2_reference.md").read_text()
    assert "vsr: 2 clips, each at five sizes; 1 clips held out" in card
    assert "2 a step, 3 frames of 8 x 8 degraded pixels" in card
    start = tmp_path / "reference" / "vespcn_x2_reference.keras"
    options = {"checkpoint": str(start), "output_dir": tmp_path / "run"}
    train_model(VESPCN, TrainOptions(**run, method="dlnet_gradient", num_steps=2, **options))
    model = keras_models.load(tmp_path / "run" / "vespcn_x2_dlnet_gradient.keras")
    assert isinstance(model, DLNet) and model.num_steps == 2
    assert "u=2.6" in capsys.readouterr().out
