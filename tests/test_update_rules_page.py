"""The numbers of docs/update_rules.md are those of the files that ship, their cards and the stored reports."""

import json
import re

import numpy as np
import pytest

from benchmarks import gamma
from dlnet_tf import keras_models
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "update_rules.md").read_text("utf-8")
TEXT = " ".join(PAGE.split())
RESULTS = ROOT / "docs" / "results"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("idn_x3_dlnet_gradient", "{0:.3f} with damped ones, .* factors on the latter are {1}, {2}, {3} and {4}"),
        ("inpaint_celeba_dlnet_gradient", "faces and holes it is {0:.3f}, the factors {1}, {2}, {3} and {4}"),
    ],
)
def test_bases_and_factors_are_those_of_the_files(name, words):
    update = keras_models.load(ROOT / "checkpoints" / f"{name}.keras").update
    factors = [f"{factor:.2f}" for factor in np.asarray(update.factors).mean(axis=1)]
    base = float(np.asarray(update.base))
    assert re.search(words.format(base, *factors), TEXT)
    assert f" {base:.3f} for" in " ".join((ROOT / "docs" / "choosing.md").read_text("utf-8").split())


@pytest.mark.parametrize(
    ("method", "label"), [("joint", "Joint"), ("dlnet", "DL-Net, Adam"), ("dlnet_gradient", "DL-Net, learned")]
)
def test_what_was_held_out_is_as_the_cards_say(method, label):
    card = (ROOT / "checkpoints" / f"idn_x3_{method}.md").read_text("utf-8")
    step, found = re.search(r"\*\*Best:\*\* step (\d+): (.*) on the held-out", card).groups()
    # Exact data stand before those of 8 bits.
    psnr = {level: value for value, level in reversed(re.findall(r"([\d.]+) dB at (u=[\d.]*\d)", found))}
    (line,) = re.findall(rf"\| {label}[^|]*\| (.*) \|", PAGE.partition("best step |")[2].partition("\n\n")[0])
    assert line.replace("*", "").split(" | ") == [psnr["u=0"], psnr["u=1.3"], psnr["u=2.6"], step]


@pytest.mark.parametrize(
    ("method", "label"), [("zero_shot", "not trained"), ("dlnet", "Adam"), ("dlnet_gradient", "learned")]
)
def test_numbers_of_steps_are_those_of_the_stored_reports(method, label):
    psnr = {}
    for steps in (1, 2, 3, 5, 7, 9):
        path = RESULTS / "idn_x3.json" if steps == 5 else RESULTS / "steps" / f"K{steps}.json"
        for row in json.loads(path.read_text("utf-8"))["rows"]:
            if (row["set"], row["method"], row.get("noise_sigma")) == ("Set5", method, None):
                psnr.setdefault(row["blur_width"], []).append(f"{row['psnr']:.2f}")
    assert len(psnr) == 3
    for u, cells in psnr.items():
        assert f"| {label}, u={u:g} | {' | '.join(cells)} |" in PAGE


def test_the_table_of_steps_without_training_is_that_of_the_stored_numbers():
    assert gamma.table(json.loads((RESULTS / "gamma.json").read_text("utf-8"))["rows"]) in PAGE
