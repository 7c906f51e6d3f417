"""The code blocks of the README run as they stand."""

import json
import re

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import adversarial_prior, scratches
from dlnet_tf import backbones
from tests import stand_in
from tests.conftest import ROOT
from tools import make_spread, make_tables

README = (ROOT / "README.md").read_text("utf-8")
RESULTS = (ROOT / "docs" / "results.md").read_text("utf-8")
VIDEO = (ROOT / "docs" / "video.md").read_text("utf-8")
INPAINTING = (ROOT / "docs" / "inpainting.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.S)


@pytest.mark.slow
def test_the_code_that_wraps_a_model_makes_one_that_trains(tmp_path, monkeypatch):
    # The suite over all backbones trains and exports IDN itself.
    monkeypatch.setattr(backbones, "idn", stand_in.idn)
    assert len(BLOCKS) == 1
    names = {}
    exec(compile(BLOCKS[0], "README.md", "exec"), names)
    model = names["model"]
    model.num_steps = 2
    clean = np.random.default_rng(0).random((2, 24, 24, 1), "float32")
    inputs = {"degraded": clean[:, ::3, ::3], "blur_width": np.array([0.0, 1.0], "float32")}
    before = [weight.numpy() for weight in model.trainable_weights]
    model.fit(inputs, clean, batch_size=2, epochs=1, verbose=0)
    assert any(np.any(old != new.numpy()) for old, new in zip(before, model.trainable_weights, strict=True))
    model.save(tmp_path / "model.keras")
    model.export(tmp_path / "saved_model", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "saved_model")
    np.testing.assert_allclose(loaded.serve(inputs)["restored"], model(inputs, training=False), atol=1e-5)


def test_the_files_that_the_readme_links_to_are_there():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize(
    "report",
    [
        "idn_x2",
        "idn_x3",
        "idn_x4",
        "vdsr_x3",
        "drrn_x3",
        *(f"{task}_celeba{kind}" for task in ("inpaint", "interp") for kind in ("", "_shipped")),
    ],
)
def test_the_tables_of_results_are_those_of_the_stored_reports(report):
    assert make_tables.table(ROOT / "docs" / "results" / f"{report}.json") in RESULTS


@pytest.mark.parametrize(
    ("report", "which"), [("idn_x3", 0), ("inpaint_celeba_shipped", 1), ("interp_celeba_shipped", 1)]
)
def test_the_readme_has_exact_data_and_composites(report, which):
    assert make_tables.table(ROOT / "docs" / "results" / f"{report}.json").split("\n\n")[which] in README


@pytest.mark.parametrize(("page", "scale"), [("README.md", 2), ("docs/video.md", 3), ("docs/video.md", 4)])
def test_the_pages_have_the_numbers_of_clips(page, scale):
    text = " ".join((ROOT / page).read_text("utf-8").split())
    rows = json.loads((ROOT / "docs" / "results" / f"vespcn_x{scale}.json").read_text("utf-8"))["rows"]
    for method in ("reference", "dlnet_gradient"):
        of_method = [
            row for row in rows if (row["method"], row["set"], row.get("backbone")) == (method, "Vid4", "vespcn")
        ]
        psnr = {row["blur_width"]: row["psnr"] for row in of_method if not row.get("noise_sigma")}
        assert f"{psnr[0.0]:.2f} / {psnr[1.3]:.2f} / {psnr[2.6]:.2f} dB" in text


def test_the_spread_over_seeds_is_that_of_the_stored_reports():
    folder = ROOT / "docs" / "results" / "seeds"
    reports = [json.loads((folder / f"seed-{seed}.json").read_text("utf-8")) for seed in range(3)]
    assert len(list(folder.iterdir())) == 3
    assert [report["config"]["checkpoint"].split("/")[1] for report in reports] == ["seed-0", "seed-1", "seed-2"]
    text = " ".join(RESULTS.split())
    for u in (0, 1.3, 2.6):
        psnr = np.array(
            [
                [row["psnr"] for row in report["rows"] if (row["method"], row["blur_width"]) == ("dlnet_gradient", u)]
                for report in reports
            ]
        )
        assert psnr.shape == (3, 1)
        assert f"{psnr.mean():.2f} +- {psnr.std(ddof=1):.2f} dB at u={u:g}" in text
    assert make_spread.spread(folder) in text


def test_the_tables_of_clips_are_those_of_the_stored_report():
    assert make_tables.table(ROOT / "docs" / "results" / "vespcn_x2.json") in VIDEO


@pytest.mark.parametrize("task", ["inpaint", "interp"])
def test_the_tables_of_scenes_are_those_of_the_stored_reports(task):
    assert make_tables.table(ROOT / "docs" / "results" / f"{task}_scenes.json") in INPAINTING


@pytest.mark.parametrize("benchmark", [scratches, adversarial_prior])
def test_tables_of_scratches_and_of_a_prior_are_those_of_the_stored_numbers(benchmark):
    name = benchmark.__name__.rpartition(".")[2]
    rows = json.loads((ROOT / "docs" / "results" / f"{name}.json").read_text("utf-8"))["rows"]
    assert benchmark.table(rows) in INPAINTING
