"""Comparing video models: rows, pictures and curves."""

import json
import pathlib

import numpy as np
import pytest

from dlnet_tf import zoo
from dlnet_tf.backbones import vespcn
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.options import SRComparison
from dlnet_tf.experiments.video.evaluation import evaluate
from dlnet_tf.imagefiles.clips import Clip
from tests import stand_in
from tests.imagefiles.test_clips import moving, write

VESPCN = SuperResolution("vespcn", 2)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(zoo, "CHECKPOINTS", tmp_path / "checkpoints")
    (tmp_path / "checkpoints").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_a_table_for_each_clip_and_one_for_all_and_a_report(folder, capsys):
    vespcn(2, width=8).save(folder / "checkpoints" / "vespcn_x2_reference.keras")
    stand_in.idn(2).save(folder / "checkpoints" / "idn_x2_reference.keras")
    for name in ("calendar", "walk"):
        write(folder / "data" / "Vid4" / name, moving())
    evaluate(VESPCN, SRComparison(data_dir="data", output_dir=pathlib.Path("out"), num_steps=2))
    text = capsys.readouterr().out
    assert text.index("Vid4/calendar, x2, 4 images") < text.index("Vid4/walk") < text.index("Vid4, x2, 8 images")
    assert "measured on videos that are not public" in text
    report = json.loads((folder / "out" / "report.json").read_text())
    # With 8 bits, neither the middle frame three times nor IDN.
    assert len(report["rows"]) == 3 * 3 * (7 + 3)
    rounded = [row for row in report["rows"] if row.get("noise_sigma")]
    assert {row["noise_sigma"] for row in rounded} == {"8 bits"}
    assert {row.get("backbone") for row in rounded} == {None, "vespcn"}
    lines = {(row["method"], row.get("backbone")) for row in report["rows"]}
    names = ("vespcn", "vespcn still", "idn")
    methods = ("reference", "zero_shot")
    assert lines == {("bicubic", None), *((method, name) for name in names for method in methods)}
    total = {(row["method"], row["blur_width"]): row["psnr"] for row in report["paper"] if row["set"] == "Vid4"}
    assert total == {("reference", 0.0): 33.76, ("reference", 1.3): 28.46, ("reference", 2.6): 25.61}
    assert report["curves"]["PSNR of every frame"]["calendar, u = 1.3"].keys() == {
        "Bicubic",
        "Reference",
        "DL-Net (no training)",
    }
    page = (folder / "out" / "report.html").read_text()
    assert "walk, successive frames" in page and "walk, one row over time" in page
    assert "no films" not in page


def test_without_clips_windows_move_over_photographs_and_it_is_said(folder, monkeypatch):
    vespcn(2, width=8).save(folder / "reference.keras")
    monkeypatch.setattr("dlnet_tf.data.clip_sets.sample_clips", lambda: [Clip("coffee", np.stack(moving()))])
    evaluate(VESPCN, SRComparison(output_dir=pathlib.Path("out"), method="reference", checkpoint="reference.keras"))
    rows = json.loads((folder / "out" / "report.json").read_text())["rows"]
    assert {row["set"] for row in rows} == {"samples"}
    assert "windows that move over the sample photographs, no films" in (folder / "out" / "report.html").read_text()
