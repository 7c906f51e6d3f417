"""The measurement of what bfloat16 costs: on which models, with which layers, and what the documentation says of it."""

import json
import re

import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from benchmarks import precision
from dlnet_tf import backbones, keras_models
from dlnet_tf.degradations import BlurDownsample, Masking
from dlnet_tf.likelihood import DLNet, GradientUpdate
from dlnet_tf.restoration import Restorer
from dlnet_tf.zoo import task_of_model
from tests import stand_in
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "performance.md").read_text("utf-8")
ROWS = json.loads((ROOT / "docs" / "results" / "precision.json").read_text("utf-8"))["rows"]


def test_every_model_that_ships_is_measured_at_every_level_of_its_protocol():
    shipped = {path.stem for path in (ROOT / "checkpoints").glob("*.keras")}
    assert shipped == {name.name(method) for name in precision.EXPERIMENTS for method in precision.trained(name)}
    levels = {model: sum(row["model"] == model for row in ROWS) for model in {row["model"] for row in ROWS}}
    assert levels == {model: 3 if task_of_model(model) in ("sisr", "video") else 4 for model in shipped}


def test_the_page_has_the_stored_numbers():
    assert precision.tables(ROWS) in PAGE
    section = PAGE.partition("## What bfloat16 costs in PSNR")[2]
    lost = [row["lost"] for row in ROWS]
    reading = [row["lost_reading"] for row in ROWS]
    said = [f"{value:+.4f}" for value in (sum(lost) / len(lost), max(lost), max(reading))]
    assert set(said) <= set(re.findall(r"[-+]\d\.\d{4}", section.partition("|")[0] + section.rpartition("|")[2])), said
    counts = [sum(value > limit for value in lost) for limit in (0.01, 0.03)]
    assert f"{counts[0]} of the {len(lost)} cases lose more than 0.01 dB, {counts[1]} more than 0.03 dB" in re.sub(
        r"\s+", " ", section
    )


def test_losses_are_means_and_the_worst_image_is_one_image():
    psnr = np.array([[30.0, 32.0], [29.9, 31.7], [30.0, 32.1]])
    found = precision.compared(psnr)
    expected = {"psnr": 31.0, "lost": 0.2, "worst": 0.3, "lost_reading": -0.05, "images": 2}
    assert found == pytest.approx(expected)


def test_the_third_copy_reads_the_observation_in_half_precision():
    model = DLNet(backbones.autoencoder(width=4), Masking(), 2, GradientUpdate(0.1))
    half, reading = keras_models.with_precision(model, "mixed_bfloat16"), precision.reading_in_half_precision(model)
    dtypes = [
        {part.name: part.compute_dtype for part in copy.backbone.layers if not isinstance(part, layers.InputLayer)}
        for copy in (half, reading)
    ]
    assert {name for name in dtypes[0] if dtypes[0][name] != dtypes[1][name]} == {"enc1"}
    assert dtypes[0]["enc1"] == "float32" and dtypes[1]["enc1"] == dtypes[1]["enc2"] == "bfloat16"
    for a, b in zip(model.get_weights(), reading.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_the_three_copies_compute_what_they_are_named_after():
    network = backbones.idn(3, width=16)
    y = np.random.default_rng(0).random((1, 12, 12, 1), "float32")
    # The head of IDN starts almost at zero, so that the difference is that of z.
    network = keras_models.backbone_of(DLNet(network, BlurDownsample(3), 2, GradientUpdate()))
    exact, half, reading = (restorer(y) for restorer in precision._restorers(network))
    np.testing.assert_array_equal(exact, Restorer(network)(y))
    # y rounded to bfloat16 is what the third copy reads, and the second one does not.
    rounded = tf.cast(tf.cast(y, tf.bfloat16), tf.float32).numpy()
    half_of_rounded, reading_of_rounded = (restorer(rounded) for restorer in precision._restorers(network)[1:])
    assert np.abs(half - exact).max() > 0
    # The bicubic part sees y itself.
    bicubic = network.get_layer("bicubic")
    np.testing.assert_allclose(reading - bicubic(y), reading_of_rounded - bicubic(rounded), atol=1e-6)
    assert np.abs((half - bicubic(y)) - (half_of_rounded - bicubic(rounded))).max() > 1e-5


def test_own_output_and_composite_are_those_of_the_protocol(monkeypatch):
    face = stand_in.photograph(3, 64, 64)[None]
    monkeypatch.setattr(precision, "load_face", lambda: face)
    network = stand_in.with_statistics(stand_in.autoencoder())
    found = list(precision._inpainting(precision.Inpainting("interp"), precision._restorers(network)))
    assert [level for _, level, _ in found] == list(precision.corruptions.LEVELS["interp"])
    _, level, psnr = found[0]
    assert psnr["own"].shape == psnr["composite"].shape == (3, 1)
    masks = precision.corruptions.draw("interp", level, 1, precision.MASKS, 0).astype("float32")
    for kind in psnr:
        values = []
        for mask in masks:
            output = np.asarray(network({"degraded": face / np.float32(255) * mask}, training=False))[0]
            output = np.where(mask > 0, face[0] / np.float32(255), output) if kind == "composite" else output
            error = np.rint(255 * np.clip(output.astype("float64"), 0, 1)) - face[0]
            values.append(10 * np.log10(255**2 / np.mean(error**2)))
        # A value on the verge of two grey levels may be rounded to either.
        assert psnr[kind][0, 0] == pytest.approx(np.mean(values), abs=1e-3)
    assert psnr["own"][0, 0] != psnr["own"][1, 0]
