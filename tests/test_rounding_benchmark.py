"""What rounding costs is measured on rounded weights, and the page has the stored numbers."""

import json

import numpy as np

from benchmarks import rounding
from dlnet_tf import zoo
from dlnet_tf.backbones import autoencoder
from dlnet_tf.evaluation import corruptions
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.training.shipping import LARGE
from tests import stand_in
from tests.conftest import ROOT


def test_large_arrays_alone_are_rounded_and_once_is_enough():
    model = autoencoder(width=12)
    before, after = model.get_weights(), rounding.round_weights(model)
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(old, new) == (old.size < LARGE)
        np.testing.assert_allclose(new, old, rtol=2.0**-7, atol=1e-7)
    model.set_weights(after)
    assert all(map(np.array_equal, rounding.round_weights(model), after))


def test_the_training_that_a_model_comes_from_is_found_among_others(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(zoo, "CHECKPOINTS", tmp_path / "checkpoints")
    experiment = Inpainting("interp", "celeba")
    trained, other = autoencoder(width=12), autoencoder(width=12)
    for folder, model in (("a", other), ("b", trained)):
        path = tmp_path / "zoo" / f"interp_celeba_joint-{folder}" / "interp_celeba_joint.keras"
        path.parent.mkdir(parents=True)
        model.save(path)
    trained.set_weights(rounding.round_weights(trained))
    zoo.CHECKPOINTS.mkdir()
    trained.save(experiment.checkpoint("joint"))
    faces = np.stack([stand_in.photograph(index, 64, 64) for index in range(2)])
    rows = rounding.measure(experiment, "joint", faces, tmp_path / "zoo")
    assert [row["level"] for row in rows] == list(corruptions.LEVELS["interp"])
    assert all(0 != row["lost"] <= row["worst"] < 0.1 for row in rows)
    assert not rounding.measure(experiment, "joint", faces, tmp_path / "none")
    assert "interp_celeba_joint: found no training of it" in capsys.readouterr().out


def test_the_page_has_the_stored_numbers():
    rows = json.loads((ROOT / "docs" / "results" / "rounding.json").read_text("utf-8"))["rows"]
    assert rounding.summary(rows) in (ROOT / "docs" / "performance.md").read_text("utf-8")
