"""`--mode eval`: what it prints and writes, and what it refuses."""

import json
import re

import keras
import numpy as np
import pytest

from dlnet_tf.evaluation import super_resolution_protocol as protocol
from tests import stand_in
from tests.command_line import ROOT, write


@pytest.mark.slow
def test_eval_prints_the_table_and_writes_a_new_folder_each_time(cli):
    out = cli.accepts("--report=numbers.json")
    first = cli.folder / "runs" / "idn_x3-1"
    assert sorted(path.name for path in first.iterdir()) == ["report.html", "report.json"]
    report = json.loads((first / "report.json").read_text())
    assert json.loads((cli.folder / "numbers.json").read_text()) == report
    levels = (0.0, 1.3, 2.6)
    methods = ["bicubic", "reference", "joint", "zero_shot", "dlnet", "dlnet_gradient"]
    expected = [(noise, u, m) for noise in (None, "8 bits") for u in levels for m in methods]
    assert [(row.get("noise_sigma"), row["blur_width"], row["method"]) for row in report["rows"]] == expected
    for row in report["rows"]:
        assert (row["task"], row["set"], row["scale"], row["images"]) == ("sisr", "Set5", 3, 2)
        assert f"{row['psnr']:.2f}" in out
    assert report["config"]["models"]["dlnet"].endswith("K = 3, Adam, gamma = 0.01, floor = 1e-08")
    photographs = [(str(i), stand_in.photograph(i, 45, 52)) for i in range(2)]
    for u in levels:
        scores = protocol.evaluate(protocol.bicubic(3), protocol.make_pairs(photographs, 3, u))
        row = next(r for r in report["rows"] if (r["blur_width"], r["method"]) == (u, "bicubic"))
        assert row["psnr"] == pytest.approx(np.mean([score.psnr for score in scores]))

    again = cli.accepts("--method=dlnet", "--num_steps=2", "--step_size=0.02", "--test_sets=Set5")
    assert "idn_x3-2" in again and (cli.folder / "runs" / "idn_x3-2" / "report.html").is_file()
    config = json.loads((cli.folder / "runs" / "idn_x3-2" / "report.json").read_text())["config"]
    assert config["models"] == {
        "dlnet": report["config"]["models"]["dlnet"].replace("3, Adam, gamma = 0.01", "2, Adam, gamma = 0.02")
    }


def test_reports_that_exist_are_kept(cli):
    cli.accepts("--method=reference", "--output_dir=kept", "--report=kept/numbers.json")
    assert "numbers.json: exists; give --overwrite to replace it" in cli.refuses("--report=kept/numbers.json")
    assert "report.html: exists; give --overwrite to replace it" in cli.refuses("--output_dir=kept")
    cli.accepts("--method=joint", "--output_dir=kept", "--report=kept/numbers.json", "--overwrite")
    assert "joint" in (cli.folder / "kept" / "numbers.json").read_text()


def test_rows_of_a_checkpoint_are_those_of_its_method(cli):
    def rows(*flags):
        cli.accepts(*flags, "--report=rows.json", "--overwrite")
        return json.loads((cli.folder / "rows.json").read_text())["rows"][1::2]

    for file, method in {"models/adam": "dlnet", "models/mine": "mine", "checkpoints/idn_x3_joint": "joint"}.items():
        assert {row["method"] for row in rows(f"--checkpoint={file}.keras")} == {method}
    assert json.loads((cli.folder / "rows.json").read_text())["config"]["checkpoint"] == f"{file}.keras"
    # The name of a file is no evidence.
    assert {row["method"] for row in rows("--checkpoint=models/mine.keras", "--method=joint")} == {"joint"}
    assert "--method=dlnet_gradient: found dlnet in models/adam.keras" in cli.refuses(
        "--checkpoint=models/adam.keras", "--method=dlnet_gradient"
    )
    assert "--method=dlnet: found mine in models/mine.keras" in cli.refuses(
        "--mode=export", "--output=x", "--checkpoint=models/mine.keras", "--method=dlnet"
    )
    assert "--method=joint: found reference in" in cli.refuses(
        "--checkpoint=checkpoints/idn_x3_reference.keras", "--method=joint"
    )


@pytest.mark.slow
def test_models_with_other_numbers_of_steps_share_a_report(cli):
    path = cli.folder / "checkpoints" / "idn_x3_dlnet.keras"
    kept = path.read_bytes()
    model = keras.saving.load_model(path)
    model.num_steps = 5
    model.save(path)
    try:
        cli.accepts("--output_dir=lengths")
    finally:
        path.write_bytes(kept)
    page = (cli.folder / "lengths" / "report.html").read_text()
    assert "DL-Net, 5: " in page and "DL-Net (gradient), 3: " in page and "DL-Net (gradient), 5: " not in page


def test_a_flat_image_which_is_restored_exactly_makes_a_report(cli):
    write(cli.folder / "sets" / "flat" / "gray.png", np.full((45, 52), 128, np.uint8))
    cli.accepts("--data_dir=sets", "--test_sets=flat", "--output_dir=flat", "--method=joint")
    report = json.loads((cli.folder / "flat" / "report.json").read_text())
    assert report["rows"][0]["psnr"] is None


def test_values_that_are_not_finite_are_refused_with_the_model_and_the_image(cli):
    steps = ("--method=dlnet", "--step_size=1e36")
    line = cli.refuses(*steps)
    assert "0 at u = 0: idn_x3_dlnet: found restored values that are not finite; try fewer --num_steps" in line
    line = cli.refuses("--mode=restore", "--input=photos/colour.png", "--output=o.png", "--blur_width=1", *steps)
    assert "photos/colour.png: idn_x3_dlnet: found restored values that are not finite" in line


@pytest.mark.slow
def test_the_way_from_the_shell_to_the_table_is_as_contributing_says(cli):
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    listed = re.findall(r"^\| `([\w/]+\.py)` \|", page, flags=re.M)
    # In the order of reading; which of the files of a model is called first depends on what is compared.
    called = set(cli(traced=True)["calls"])
    assert set(listed) <= called
    assert {path for path in called if "/experiments/" in path or path.startswith("run_sisr")} <= set(listed)
    most = re.search(r"at most (\d+)\s+files and ([\d,]+)\s+lines", page)
    lines = sum(len((ROOT / path).read_text("utf-8").splitlines()) for path in listed)
    assert len(listed) <= int(most[1]) and lines <= int(most[2].replace(",", ""))
    about = re.search(r"of about (\d+)\s+files", page)
    ours = {path for path in called if path.startswith(("dlnet_tf/", "run_"))}
    assert len(ours) == pytest.approx(int(about[1]), abs=5)


def test_eval_refuses_what_it_cannot_write(cli):
    assert "kept.png: is a folder, expected the name of a file" in cli.refuses("--report=kept.png", "--overwrite")
    runs, aside = cli.folder / "runs", cli.folder / "aside"
    runs.mkdir(exist_ok=True)
    runs.rename(aside)
    runs.write_bytes(b"regular")
    try:
        assert "runs is not a writable folder" in cli.refuses()
    finally:
        runs.unlink()
        aside.rename(runs)
    assert "file is not a writable folder" in cli.refuses("--report=file/numbers.json")
    assert "file is not a writable folder" in cli.refuses("--output_dir=file/below")


def test_eval_refuses_sets_that_are_missing_empty_broken_or_too_small(cli):
    assert "found Set5, expected a folder of images named Set14" in cli.refuses("--test_sets=Set14")
    assert "found no folders, expected" in cli.refuses("--data_dir=nowhere", "--test_sets=Set5")
    line = cli.refuses("--data_dir=photos")
    assert "photos: found below, expected some of Set5, Set14, B100, or other names in --test_sets" in line
    (cli.folder / "sets" / "none").mkdir(parents=True)
    assert "none: found no image files" in cli.refuses("--data_dir=sets", "--test_sets=none")
    write(cli.folder / "sets" / "small" / "tiny.png", stand_in.photograph(0, 12, 40))
    assert "tiny: found 12 x 40 pixels, expected at least" in cli.refuses("--data_dir=sets", "--test_sets=small")
    (cli.folder / "sets" / "bad").mkdir()
    (cli.folder / "sets" / "bad" / "a.png").write_bytes(b"")
    answer = cli("--data_dir=sets", "--test_sets=bad")
    named, refusal = answer["err"].splitlines()
    assert answer["code"] == 2 and "a.png: found 0 bytes" in named and "1 of 1 image files are broken" in refusal


def test_steps_are_refused_where_no_model_heeds_them(cli):
    assert "--num_steps=3: found no DL-Net among joint" in cli.refuses("--method=joint", "--num_steps=3")
    assert "--step_size=0.1: found no Adam rule" in cli.refuses("--method=dlnet_gradient", "--step_size=0.1")
    assert "--step_size=0.1: found no Adam rule among joint" in cli.refuses(
        "--mode=export", "--output=x", "--method=joint", "--step_size=0.1"
    )


@pytest.mark.slow
def test_any_noise_can_be_compared_and_a_method_that_needs_no_training(cli):
    flags = ("--method=zero_shot", "--noise_sigma=0.05", "--num_steps=2", "--overwrite", "--report=noise.json")
    cli.accepts(*flags)
    report = json.loads((cli.folder / "noise.json").read_text())
    assert {(row["method"], row["noise_sigma"]) for row in report["rows"]} == {("bicubic", 0.05), ("zero_shot", 0.05)}
    assert "K = 2" in report["config"]["models"]["zero_shot"] and not report["paper"]
    rows = report["rows"]
    cli.accepts(*flags, "--checkpoint=models/mine.keras")
    assert json.loads((cli.folder / "noise.json").read_text())["rows"] == rows
    assert "--method=zero_shot: found dlnet in models/adam.keras" in cli.refuses(
        "--checkpoint=models/adam.keras", "--method=zero_shot"
    )
    assert "--method=zero_shot: found with --mode=train" in cli.refuses("--mode=train", "--method=zero_shot")
