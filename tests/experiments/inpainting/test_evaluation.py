"""Evaluation of inpainting and interpolation: its numbers are those of NumPy, whatever it was asked for."""

import json

import keras
import numpy as np
import pytest
import skimage.metrics

from dlnet_tf import zoo
from dlnet_tf.backbones import edgeconnect
from dlnet_tf.data.datasets import load_dataset
from dlnet_tf.data.edges import canny_edges
from dlnet_tf.degradations import Masking
from dlnet_tf.evaluation import corruptions
from dlnet_tf.evaluation.metrics import to_eight_bit
from dlnet_tf.evaluation.untrained import UNTRAINED
from dlnet_tf.experiments.inpainting import evaluation
from dlnet_tf.experiments.inpainting.evaluation import evaluate
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.experiments.inpainting.options import InpaintingComparison
from dlnet_tf.experiments.inpainting.steps import _with_steps
from dlnet_tf.likelihood import AdamUpdate, DLNet
from tests import stand_in
from tests.evaluation import single_image

SEED, REPEATS = 3, 2


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    stand_in.image_set(folder / "celeba64", train=1, validation=1, test=3)
    keras.utils.set_random_seed(4)
    network = stand_in.with_statistics(stand_in.autoencoder())
    (folder / "checkpoints").mkdir()
    for task in ("inpaint", "interp"):
        network.save(folder / "checkpoints" / f"{task}_celeba_joint.keras")
        dlnet = DLNet(network, Masking(), 3, AdamUpdate(0.05), name=f"{task}_celeba_dlnet")
        dlnet.save(folder / "checkpoints" / f"{task}_celeba_dlnet.keras")
    edgeconnect(width=2).save(folder / "checkpoints" / "inpaint_celeba_edgeconnect_joint.keras")
    return folder


@pytest.fixture
def measured(home, monkeypatch, tmp_path):
    """Evaluates with flags; returns the report."""
    monkeypatch.setattr(zoo, "CHECKPOINTS", home / "checkpoints")

    def measure(experiment, **flags):
        options = {"overwrite": True, "dataset": "celeba", "data_dir": str(home), "corruptions": REPEATS, "seed": SEED}
        evaluate(experiment, InpaintingComparison(output_dir=tmp_path, **options | flags))
        return json.loads((tmp_path / "report.json").read_text())

    return measure


def of_formulas(model, images, masks, **further):
    """The metrics of plain and composite outputs, [image, corruption] in a row, from their definitions."""
    owners = np.arange(len(masks)) // (len(masks) // len(images))
    x = images[owners] / 255
    inputs = {"degraded": x * masks, "mask": masks, **further}
    taken = {"degraded", "mask"} if isinstance(model, DLNet) else {tensor.name for tensor in model.inputs}
    batch = {name: inputs[name].astype(np.float32) for name in taken}
    plain = np.asarray(model(batch, training=False), np.float64)
    found = {}
    for composite, output in ((False, plain), (True, x * masks + (1 - masks) * plain)):
        shown = np.rint(np.clip(output, 0, 1) * 255)
        truth = images[owners].astype(float)
        of_window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
        similarity = [
            skimage.metrics.structural_similarity(a, b, channel_axis=-1, **of_window)
            for a, b in zip(shown, truth, strict=True)
        ]
        found[composite] = {
            "psnr": np.mean(10 * np.log10(255**2 / np.mean((shown - truth) ** 2, axis=(1, 2, 3)))),
            "ssim": np.mean(similarity),
            "l1": np.mean(np.abs(2 * output - 2 * x)),
            "l2": np.mean((2 * output - 2 * x) ** 2),
        }
    return found


def load(home, name):
    return keras.saving.load_model(home / "checkpoints" / f"{name}.keras")


@pytest.mark.parametrize("task", ["inpaint", "interp"])
def test_rows_are_those_of_the_definitions(home, measured, task):
    rows = measured(Inpainting(task))["rows"]
    images = load_dataset("celeba", home).test
    # Models have rows for both kinds of output, methods without training only for composites.
    assert len(rows) == 4 * (2 * 2 + 3) and len(images) == 3
    for level in corruptions.LEVELS[task]:
        masks = corruptions.draw(task, level, 3, REPEATS, SEED)
        for method in ("joint", "dlnet"):
            expected = of_formulas(load(home, f"{task}_celeba_{method}"), images, masks)
            for composite in (False, True):
                (row,) = (r for r in rows if (r["level"], r["method"], r["composite"]) == (level, method, composite))
                assert row["corruptions"] == len(masks) // 3
                for metric, value in expected[composite].items():
                    # A value that is rounded the other way, in one of a hundred images.
                    assert row[metric] == pytest.approx(value, rel=1e-3), (level, method, composite, metric)
        for method, fill in UNTRAINED.items():
            (row,) = (r for r in rows if (r["level"], r["method"]) == (level, method))
            truth = np.repeat(images, len(masks) // 3, axis=0)
            filled = fill((truth / 255 * masks).astype(np.float32), masks)
            found = [single_image.psnr(to_eight_bit(one), image) for one, image in zip(filled, truth, strict=True)]
            assert row["composite"] and "arch" not in row and row["psnr"] == pytest.approx(np.mean(found), rel=1e-6)


@pytest.mark.slow
def test_what_needs_no_training_stands_in_the_tables_of_composites(measured, capsys):
    own = measured(Inpainting("inpaint"), composite=False, images=1, corruptions=1)["rows"]
    assert {row["method"] for row in own} == {"joint", "dlnet"}
    assert "Linear" not in capsys.readouterr().out
    measured(Inpainting("inpaint"), composite=True, images=1, corruptions=1)
    (title,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("celeba"))
    assert title == "celeba, inpainting, autoencoder, composite, 1 image"


def test_edges_of_the_truth_are_told_to_the_network_that_takes_them(home, measured):
    rows = measured(Inpainting("inpaint", arch="edgeconnect"), composite=False, corruptions=1)["rows"]
    images = load_dataset("celeba", home).test
    model = load(home, "inpaint_celeba_edgeconnect_joint")
    masks = corruptions.draw("inpaint", "s=30", 3, 1, SEED)
    expected = of_formulas(model, images, masks, edges=canny_edges(images))
    without = of_formulas(model, images, masks, edges=np.zeros_like(masks))
    (row,) = (row for row in rows if row["level"] == "s=30")
    assert row["arch"] == "edgeconnect" and row["l1"] == pytest.approx(expected[False]["l1"], rel=1e-4)
    assert row["l1"] != pytest.approx(without[False]["l1"], rel=1e-3)


@pytest.mark.slow
def test_a_curve_takes_the_steps_and_leaves_the_model_its_own(home, measured, monkeypatch):
    taken, sections = [], []
    compared, write = evaluation.load_compared, evaluation.ReportFiles.write
    monkeypatch.setattr(evaluation, "load_compared", lambda *args: taken.append(compared(*args)) or taken[-1])
    monkeypatch.setattr(
        evaluation.ReportFiles, "write", lambda *args: sections.extend(args[2].sections) or write(*args)
    )
    measured(Inpainting("inpaint"), holes="strokes", curve=True, images=2)
    (loaded,), (section,) = taken, sections
    assert loaded["dlnet"].num_steps == 3
    # There are curves for DL-Nets only, on the first corruption of each image.
    ((level, lines),) = section.curves.items()
    assert level == "celeba, strokes" and list(lines) == ["DL-Net"]
    images = load_dataset("celeba", home).test[:2]
    model = load(home, "inpaint_celeba_dlnet")
    first = corruptions.draw("inpaint", "strokes", 2, REPEATS, SEED)[::REPEATS]
    for steps, value in zip((1, 2, 3, 4, 5), lines["DL-Net"], strict=True):
        model.num_steps = steps
        assert value == pytest.approx(of_formulas(model, images, first)[False]["psnr"], abs=0.01)
    # Also where something goes wrong on the way.
    with pytest.raises(ZeroDivisionError):
        for steps in _with_steps(loaded["dlnet"]):
            steps / 0 if steps == 2 else None
    assert loaded["dlnet"].num_steps == 3


def test_what_the_checkpoint_does_not_tell_is_told_by_flags(home, measured, tmp_path):
    flags = {"images": 1, "corruptions": 1, "composite": True, "holes": "strokes"}
    path = home / "checkpoints" / "inpaint_celeba_joint.keras"
    report = measured(Inpainting("inpaint"), boundary=True, adversarial_weight=0.1, checkpoint=str(path), **flags)
    (row,) = (row for row in report["rows"] if "arch" in row)
    assert (row["boundary_band"], row["adversarial_weight"]) == (7, 0.1) and "weight" not in row
    named = tmp_path / "naive_likelihood.keras"
    named.write_bytes(path.read_bytes())
    flags |= {"method": "naive_likelihood", "checkpoint": str(named)}
    report = measured(Inpainting("inpaint"), likelihood_weight=100.0, **flags)
    (row,) = (row for row in report["rows"] if "arch" in row)
    assert (row["method"], row["weight"]) == ("naive_likelihood", 100) and "boundary_band" not in row
