"""The command line: what it does, and the one line that it answers to what it cannot do."""

import functools
import inspect
import json
import re
import shutil
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from PIL import Image, ImageCms

from dlnet_tf import networks
from dlnet_tf.backbones import BACKBONES
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.imagefiles.images import read_image
from dlnet_tf.imagefiles.photographs import read_photograph, write_photograph
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate
from dlnet_tf.methods import with_dlnets
from dlnet_tf.restoration import Restorer, super_resolve
from dlnet_tf.restoration.blur_estimation import estimate_blur_width
from dlnet_tf.restoration.noise_estimation import of_photograph
from dlnet_tf.restoration.sweep import contact_sheet
from dlnet_tf.tasks import TASKS
from tests import command_line, stand_in
from tests.command_line import ENVIRONMENT, ROOT, Session, choices, read_help, write

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
script = functools.partial(command_line.script, "run_sisr")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Models under checkpoints/, others under models/, images under data/ and photos/."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "checkpoints").mkdir()
    (folder / "models").mkdir()
    keras.utils.set_random_seed(6)
    network = stand_in.idn()
    network.save(folder / "checkpoints" / "idn_x3_reference.keras")
    network.save(folder / "checkpoints" / "idn_x3_joint.keras")
    network.save(folder / "models" / "mine.keras")
    adam = DLNet(network, BlurDownsample(3), 3, AdamUpdate(0.01), name="idn_x3_dlnet")
    adam.save(folder / "checkpoints" / "idn_x3_dlnet.keras")
    # What undoes the blur too takes thrice as long to trace.
    plain = GradientUpdate(4.0, damping=None)
    gradient = DLNet(network, BlurDownsample(3), 3, plain, name="idn_x3_dlnet_gradient")
    DLNet(network, BlurDownsample(3), 2, GradientUpdate(4.0)).save(folder / "models" / "undoing.keras")
    gradient.save(folder / "checkpoints" / "idn_x3_dlnet_gradient.keras")
    adam.save(folder / "models" / "adam.keras")
    stand_in.idn(scale=2).save(folder / "models" / "idn_x2.keras")
    (folder / "models" / "garbage.keras").write_bytes(b"garbage")
    for index in range(2):
        write(folder / "data" / "Set5" / f"{index}.png", stand_in.photograph(index, 45, 52))
    write(folder / "photos" / "colour.png", stand_in.photograph(3, 13, 17))
    write(folder / "photos" / "below" / "gray.png", stand_in.photograph(4, 11, 10, colour=False))
    # What cannot be read, and what cannot be written.
    (folder / "empty").mkdir()
    (folder / "kept.png").mkdir()
    (folder / "file").write_bytes(b"regular")
    (folder / "broken").mkdir()
    write(folder / "broken" / "a.png", stand_in.photograph(5, 12, 12))
    whole = (folder / "broken" / "a.png").read_bytes()
    (folder / "broken" / "b.png").write_bytes(whole[: len(whole) // 2])
    (folder / "zero.png").write_bytes(b"")
    (folder / "text.png").write_text("no image")
    return folder


@pytest.fixture(scope="module")
def cli(home):
    session = Session("run_sisr", home)
    yield session
    session.close()


# --- without TensorFlow


def test_help_is_quick_and_does_not_import_tensorflow():
    text, groups = read_help("run_sisr")
    for words in (
        f"--backbone {{{','.join([*networks.of_task('sisr'), *networks.of_task('video')])}}}",
        "--scale {2,3,4}",
        "--mode {eval,train,restore,export}",
        "--blur_width",
    ):
        assert any(line.strip().startswith(words) for line in text), words
    assert [group for group in groups if "seed" in groups[group]] == ["train"]
    assert sorted(groups["export"]) == ["output", "overwrite"]


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("--bakbone=idn", "Unknown command line flag 'bakbone'. Did you mean: backbone ?"),
        ("--backbone=edsr", "--backbone=edsr: value should be one of <vdsr|drrn|idn|vespcn>"),
        ("--scale=5", "--scale=5: value should be one of <2|3|4>"),
        ("--method=best", "--method=best: value should be one of <reference|joint|zero_shot|dlnet|dlnet_gradient>"),
        ("--mode=test", "--mode=test: value should be one of <eval|train|restore|export>"),
        ("--blur_width=nan", "--blur_width=nan: expected a number >= 0"),
        ("--blur_width=-0.5", "--blur_width=-0.5: expected a number >= 0"),
        ("--blur_width=inf", "--blur_width=inf: expected a number >= 0"),
        ("--blur_width=wide", "--blur_width=wide: expected a number >= 0 or auto"),
        ("--mode=restore --sweep --sweep_at=3", "expected two whole numbers X,Y"),
        ("--mode=restore --sweep --sweep_at=3,-4", "expected two whole numbers X,Y"),
        ("--mode=restore --sweep_at=3,4", "sweep_at: found without --sweep"),
        ("--sweep", "--sweep: found with --mode=eval, expected with restore only"),
        ("--step_size=nan", "--step_size=nan: expected a number >= 0"),
        ("--learning_rate=nan", "--learning_rate=nan: expected a number >= 0"),
        ("--num_steps=0", "--num_steps=0"),
        ("--batch_size=0", "--batch_size=0"),
        ("--train_steps=many", "--train_steps=many"),
        ("photo.png", "found 'photo.png', expected flags only"),
        ("--blur_width=1", "--blur_width: found with --mode=eval, expected with restore only"),
        ("--seed=0", "--seed: found with --mode=eval, expected with train only"),
        ("--noresume", "--resume: found with --mode=eval, expected with train only"),
        ("--mode=restore --data_dir=data", "--data_dir: found with --mode=restore, expected with eval or train only"),
        ("--mode=train --overwrite", "--overwrite: found with --mode=train, expected with eval or restore or export"),
        ("--mode=train --method=joint --num_steps=5", "a plain network takes no steps"),
    ],
)
def test_flags_are_refused_in_one_line(flag, words, tmp_path):
    done = script(*flag.split(), cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("run_sisr.py: ") and words in done.stderr and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_after_tensorflow_was_imported_is_one_line_too(home, tmp_path):
    done = script("--mode=restore", "--input=missing.png", "--output=x.png", cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == "" and list(tmp_path.iterdir()) == []
    assert done.stderr == "run_sisr.py: --input=missing.png: no such file or folder\n"


@pytest.mark.parametrize("package", ["absl", "tensorflow", "cv2"])
def test_an_environment_without_the_packages_is_told_where_they_are(package, tmp_path):
    code = (
        f"import runpy, sys; sys.modules[{package!r}] = None\n"
        f"sys.argv = ['run_sisr.py']; sys.path.insert(0, {str(ROOT)!r})\n"
        f"runpy.run_path({str(ROOT / 'run_sisr.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
    assert f"run_sisr.py: found no package '{package}'" in done.stderr and "`make sisr` installs" in done.stderr


def test_the_methods_networks_and_magnifications_are_those_of_the_package():
    assert choices("run_sisr", "method") == with_dlnets(TASKS["sisr"].methods)
    scaled = {name for name, network in BACKBONES.items() if "scale" in inspect.signature(network).parameters}
    assert set(choices("run_sisr", "backbone")) == scaled


# --- eval


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


# --- checkpoints


@pytest.mark.parametrize(
    "mode", [(), ("--mode=restore", "--input=photos", "--output=o"), ("--mode=export", "--output=o")]
)
def test_checkpoints_of_something_else_are_refused(cli, mode):
    for flags, words in {
        ("--checkpoint=missing.keras",): "missing.keras: no such file",
        ("--checkpoint=models/garbage.keras",): "garbage.keras: cannot be loaded as a .keras checkpoint",
        ("--checkpoint=models/idn_x2.keras",): "a checkpoint of idn x2, expected idn x3 as --backbone and --scale say",
        ("--backbone=vdsr", "--checkpoint=checkpoints/idn_x3_joint.keras"): "checkpoint of idn x3, expected vdsr x3",
    }.items():
        assert words in cli.refuses(*mode, *flags)


def test_a_missing_checkpoint_names_the_command_that_trains_it(cli):
    command = "python run_sisr.py --mode train --backbone idn --scale 4 --method "
    line = cli.refuses("--scale=4")
    assert f"found no idn_x4_reference.keras in checkpoints/; train it with {command}reference" in line
    assert f"{command}joint" in cli.refuses("--scale=4", "--method=joint")
    restore = ("--mode=restore", "--input=photos", "--output=o")
    assert f"{command}dlnet_gradient" in cli.refuses("--scale=4", *restore)
    # Fine-tuning starts from the reference network.
    line = cli.refuses("--scale=4", "--mode=train", "--method=dlnet", "--data_dir=data/Set5")
    assert f"runs/train-idn_x4_reference/idn_x4_reference.keras, which {command}reference makes" in line


# --- restore


def test_photographs_of_a_folder_are_restored(cli):
    out = cli.accepts("--mode=restore", "--input=photos", "--output=large", "--blur_width=1.3")
    assert "(51 x 39, idn_x3_dlnet_gradient)" in out and "(30 x 33, idn_x3_dlnet_gradient)" in out
    model = keras.saving.load_model(cli.folder / "checkpoints" / "idn_x3_dlnet_gradient.keras")
    for name in ("colour", "below/gray"):
        expected = super_resolve(Restorer(model), read_image(cli.folder / "photos" / f"{name}.png"), 3, blur_width=1.3)
        restored = read_image(cli.folder / "large" / f"{name}.png")
        assert restored.shape == expected.shape
        assert np.abs(restored.astype(int) - expected).max() <= 1


def test_one_photograph_with_a_plain_network_a_kernel_and_other_steps(cli):
    restore = ("--mode=restore", "--input=photos/colour.png")
    assert "idn_x3_reference" in cli.accepts(*restore, "--output=one.png", "--method=reference")
    delta = np.zeros((3, 3))
    delta[1, 1] = 1
    np.save(cli.folder / "delta.npy", delta)
    cli.accepts(*restore, "--output=two.png", "--kernel=delta.npy")
    cli.accepts(*restore, "--output=three.png", "--blur_width=0")
    two, three = (read_image(cli.folder / f"{name}.png").astype(int) for name in ("two", "three"))
    assert np.abs(two - three).max() <= 1
    one_step = ("--num_steps=1", "--checkpoint=checkpoints/idn_x3_dlnet.keras")
    assert "idn_x3_dlnet)" in cli.accepts(*restore, "--output=four.png", "--blur_width=2", *one_step)
    one, four = (read_image(cli.folder / f"{name}.png").astype(int) for name in ("one", "four"))
    assert np.abs(one - four).max() <= 1
    # What exists is replaced only on demand.
    assert "one.png: exists; give --overwrite to replace it" in cli.refuses(
        *restore, "--output=one.png", "--blur_width=0"
    )
    cli.accepts(*restore, "--output=one.png", "--blur_width=0", "--overwrite")
    np.testing.assert_array_equal(read_image(cli.folder / "one.png"), three)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((), "expected --input and --output"),
        (("--input=photos",), "expected --input and --output"),
        (("--input=missing", "--output=o"), "--input=missing: no such file or folder"),
        (("--input=empty", "--output=o"), "empty: found no image files"),
        (("--input=zero.png", "--output=o.png"), "zero.png: found 0 bytes"),
        (("--input=text.png", "--output=o.png"), "text.png: found no image"),
        (("--input=broken/b.png", "--output=o.png"), "b.png: truncated"),
        # The first image of the folder is whole, and yet nothing is written.
        (("--input=photos/colour.png", "--output=o"), "--output=o: found suffix '', expected one of .bmp"),
        (("--input=photos/colour.png", "--output=o.pgm"), "found suffix '.pgm'"),
        (("--input=photos/colour.png", "--output=file/o.png"), "file is not a writable folder"),
        (("--input=photos", "--output=file"), "file is not a writable folder"),
        (("--input=photos/colour.png", "--output=kept.png", "--overwrite"), "kept.png: is a folder"),
        (
            ("--input=photos", "--output=o", "--blur_width=1", "--kernel=x.npy"),
            "found both, expected exactly one of --blur_width and --kernel",
        ),
        (("--input=photos", "--output=o", "--blur_width="), "--blur_width"),
    ],
)
def test_restore_refuses(cli, flags, words):
    width = () if any("blur_width" in flag for flag in flags) else ("--blur_width=1",)
    assert words in cli.refuses("--mode=restore", *flags, *width)


def test_restore_asks_for_the_blur(cli):
    words = "found neither, expected exactly one of --blur_width and --kernel"
    assert words in cli.refuses("--mode=restore", "--input=photos", "--output=o")


def test_the_blur_of_a_photograph_is_estimated(cli):
    image = stand_in.photograph(3, 40, 60)
    write(cli.folder / "larger.png", image)
    restore = ("--mode=restore", "--input=larger.png")
    out = cli.accepts(*restore, "--output=by_auto.png", "--blur_width=auto")
    estimate = estimate_blur_width(image, 3)
    assert f"larger.png: {estimate}\n" in out
    cli.accepts(*restore, "--output=by_number.png", f"--blur_width={estimate.blur_width}")
    np.testing.assert_array_equal(*(read_image(cli.folder / f"by_{name}.png") for name in ("auto", "number")))
    line = cli.refuses("--mode=restore", "--input=photos/colour.png", "--output=o.png", "--blur_width=auto")
    assert "photos/colour.png: found 17 x 13 pixels, expected at least 16 patches of 6 x 6" in line
    # One that cannot be estimated is told before the others are restored.
    (cli.folder / "both").mkdir()
    write(cli.folder / "both" / "a.png", image)
    write(cli.folder / "both" / "b.png", stand_in.photograph(3, 13, 17))
    assert "b.png: found 17 x 13" in cli.refuses("--mode=restore", "--input=both", "--output=o", "--blur_width=auto")
    assert not (cli.folder / "o").exists()


@pytest.mark.slow
def test_no_more_blur_is_undone_than_a_photograph_seems_to_have(cli):
    image = stand_in.photograph(3, 40, 60)
    flat = np.full((40, 60, 3), 90, np.uint8)
    (cli.folder / "told").mkdir()
    for name, pixels in (("a", image), ("b", flat)):
        write(cli.folder / "told" / f"{name}.png", pixels)
    # For a JPEG the blur is not checked, and a flag keeps the given width.
    Image.fromarray(image).save(cli.folder / "told.jpg", quality=90)
    insist = ("--mode=restore", "--blur_width=2.9")
    assert "is used" not in cli.accepts(*insist, "--input=told.jpg", "--output=insisted_jpeg.png")
    assert "is used" not in cli.accepts(*insist, "--input=told/a.png", "--output=insisted.png", "--nocap_blur")
    largest = estimate_blur_width(image, 3).largest
    assert largest < 2.9
    out = cli.accepts("--mode=restore", "--input=told", "--output=told_out", "--blur_width=2.9")
    assert f"found more detail than --blur_width=2.9 leaves, {largest:.2f} is used" in out
    assert out.count("is used") == 1
    for name, u in (("a", largest), ("b", 2.9)):
        cli.accepts("--mode=restore", f"--input=told/{name}.png", f"--output={name}.png", f"--blur_width={u}")
        np.testing.assert_array_equal(
            read_image(cli.folder / f"{name}.png"), read_image(cli.folder / f"told_out/{name}.png")
        )


def test_a_sweep_is_one_sheet(cli):
    sweep = ("--mode=restore", "--sweep", "--input=photos/colour.png")
    out = cli.accepts(*sweep, "--output=sheet.png", "--sweep_at=3,4")
    assert "sheet.png  (u = 0 to 3, idn_x3_dlnet_gradient)" in out
    restorer = Restorer(keras.saving.load_model(cli.folder / "checkpoints" / "idn_x3_dlnet_gradient.keras"))
    expected = contact_sheet(restorer, read_image(cli.folder / "photos" / "colour.png"), 3, (3, 4))
    sheet = read_image(cli.folder / "sheet.png")
    assert sheet.shape == expected.shape and np.abs(sheet.astype(int) - expected).max() <= 1
    for flags, words in {
        ("--output=sheet.png",): "sheet.png: exists; give --overwrite to replace it",
        ("--output=sheet",): "--output=sheet: found suffix ''",
        ("--output=o.png", "--sweep_at=17,0"): "--sweep_at=17,0: found a place outside the photograph",
        ("--output=o.png", "--blur_width=1"): "--blur_width=1: found with --sweep",
        ("--output=o.png", "--input=photos"): "--input=photos: found a folder with --sweep",
        ("--output=o.png", "--method=joint"): "--sweep: found a plain network, expected a DL-Net checkpoint",
    }.items():
        assert words in cli.refuses(*sweep, *flags)


@pytest.mark.parametrize("method", ["--method=joint", "--checkpoint=models/mine.keras"])
def test_a_plain_network_is_told_nothing(cli, method):
    restore = ("--mode=restore", "--input=photos", "--output=o", method)
    for flag in ("--blur_width=1.3", "--kernel=x.npy", "--noise_sigma=0.1"):
        assert f"{flag}: found a plain network, expected a DL-Net checkpoint" in cli.refuses(*restore, flag)


def test_the_last_dlnet_that_ships_restores(cli):
    gradient = cli.folder / "checkpoints" / "idn_x3_dlnet_gradient.keras"
    adam = cli.folder / "checkpoints" / "idn_x3_dlnet.keras"
    restore = ("--mode=restore", "--input=photos/colour.png", "--output=last.png", "--blur_width=1")
    gradient.rename(cli.folder / gradient.stem)
    assert "idn_x3_dlnet)" in cli.accepts(*restore)
    adam.rename(cli.folder / adam.stem)
    # The reference makes one that is not trained, ...
    assert "idn_x3_zero_shot)" in cli.accepts(*restore, "--overwrite")
    reference = cli.folder / "checkpoints" / "idn_x3_reference.keras"
    reference.rename(cli.folder / reference.stem)
    try:
        # ... and other plain networks do not stand in for it.
        assert "train it with python run_sisr.py --mode train" in cli.refuses(*restore, "--overwrite")
        assert "--method=dlnet_gradient: found no" in cli.refuses("--mode=export", "--output=x")
    finally:
        for path in (gradient, adam, reference):
            (cli.folder / path.stem).rename(path)


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


@pytest.mark.slow
def test_noise_is_refused_where_the_model_makes_no_use_of_it(cli):
    restore = ("--mode=restore", "--input=photos/colour.png", "--blur_width=1", "--noise_sigma=0.05")
    assert "--noise_sigma=0.05: found a model that cannot use it" in cli.refuses(
        *restore, "--output=o.png", "--method=dlnet"
    )
    image = read_image(cli.folder / "photos" / "colour.png")
    undoing = Restorer(keras.saving.load_model(cli.folder / "models" / "undoing.keras"))
    with_undoing = (*restore[:-1], "--checkpoint=models/undoing.keras", "--output=noisy.png", "--overwrite")
    for sigma in (0.05, 1 / (255 * 12**0.5)):
        cli.accepts(*with_undoing, f"--noise_sigma={sigma}")
        restored = super_resolve(undoing, image, 3, blur_width=1.0, noise_sigma=sigma)
        np.testing.assert_array_equal(read_image(cli.folder / "noisy.png"), restored)
    cli.accepts(*with_undoing, "--noise_sigma=auto")
    expected = super_resolve(undoing, image, 3, blur_width=1.0, noise_sigma=of_photograph(image))
    np.testing.assert_array_equal(read_image(cli.folder / "noisy.png"), expected)
    assert "noise_sigma: found auto with --mode=eval" in cli.refuses("--noise_sigma=auto")
    # That of a file of 8 bits is what nobody has to say.
    np.testing.assert_array_equal(super_resolve(undoing, image, 3, blur_width=1.0), restored)
    network = stand_in.idn()
    sigma = keras.Input((), name="noise_sigma")
    restored = network.output + 0.2 * keras.ops.reshape(sigma, (-1, 1, 1, 1))
    network = keras.Model({**network.input, "noise_sigma": sigma}, restored, name="idn")
    DLNet(network, BlurDownsample(3), 1).save(cli.folder / "models" / "noise.keras")
    cli.accepts(*restore, "--output=noise.png", "--checkpoint=models/noise.keras")


def test_alpha_depth_and_profile_are_kept_where_the_file_holds_them(cli):
    image = np.dstack([stand_in.photograph(index, 9, 8).astype(np.uint16) * 257 for index in (3, 4)])[..., :4]
    write_photograph(cli.folder / "deep.tif", image, PROFILE)
    restore = ("--mode=restore", "--blur_width=1", "--input=deep.tif")
    assert len(cli.accepts(*restore, "--output=deep.png").splitlines()) == 1
    found = read_photograph(cli.folder / "deep.png")
    model = keras.saving.load_model(cli.folder / "checkpoints" / "idn_x3_dlnet_gradient.keras")
    expected = super_resolve(Restorer(model), image, 3, blur_width=1.0)
    assert found.pixels.dtype == np.uint16 and found.pixels.shape == (27, 24, 4) and found.profile == PROFILE
    assert np.abs(found.pixels.astype(int) - expected).max() <= 2
    out = cli.accepts(*restore, "--output=deep.jpg")
    assert "deep.jpg: .jpg holds no alpha channel (transparency), .png does" in out
    assert "deep.jpg: .jpg holds 8 bits a channel, .png and .tif hold 16" in out
    assert read_photograph(cli.folder / "deep.jpg").profile == PROFILE


def test_photographs_of_a_pattern_are_restored(cli):
    cli.accepts("--mode=restore", "--blur_width=1", "--input=photos/**/*ra*.png", "--output=some")
    assert [path.name for path in (cli.folder / "some").rglob("*.*")] == ["gray.png"]
    assert (cli.folder / "some" / "below" / "gray.png").is_file()
    line = cli.refuses("--mode=restore", "--blur_width=1", "--input=photos/*.webp", "--output=o")
    assert "--input=photos/*.webp: no such file or folder" in line


def test_photographs_that_do_not_fit_into_memory_are_refused(cli):
    write(cli.folder / "big.png", np.zeros((2000, 2001), np.uint8))
    restore = ("--mode=restore", "--input=big.png", "--output=o.png", "--blur_width=1")
    line = cli.refuses(*restore, "--max_memory=1")
    assert "big.png: found 2001 x 2000 pixels, expected at most 3,787,878; a larger --max_memory allows more" in line
    line = cli.refuses(*restore, "--max_memory=0.5")
    assert "--max_memory=0.5" in line
    # The sheet shows a part, but the whole photograph is read for it.
    line = cli.refuses(*restore[:-1], "--sweep", "--max_memory=1")
    assert "big.png: found 2001 x 2000 pixels, expected at most 3,787,878; a larger --max_memory allows more" in line


@pytest.fixture
def interruptible():
    # What is started by a job in the background ignores interrupts, as the job does.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_leaves_whole_files_and_no_partial_ones(home, tmp_path):
    image = stand_in.photograph(1, 250, 250)
    for index in range(40):
        write(tmp_path / "photos" / f"{index:02}.png", image)
    command = [sys.executable, str(ROOT / "run_sisr.py"), "--mode=restore", "--input=photos", "--output=large"]
    command += ["--blur_width=1", f"--checkpoint={home}/checkpoints/idn_x3_dlnet.keras"]
    running = subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # Its line is printed when a file is whole.
    running.stdout.readline()
    time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    files = sorted(path.name for path in (tmp_path / "large").iterdir())
    assert running.returncode == 130 and 1 <= len(files) < 40
    assert files == [f"{index:02}.png" for index in range(len(files))]
    first = read_image(tmp_path / "large" / "00.png")
    assert first.shape == (750, 750, 3)
    for name in files:
        np.testing.assert_array_equal(read_image(tmp_path / "large" / name), first)


def test_two_images_do_not_become_one(cli):
    for suffix in ("png", "bmp"):
        write(cli.folder / "twins" / f"a.{suffix}", stand_in.photograph(0, 9, 9))
    line = cli.refuses("--mode=restore", "--input=twins", "--output=o", "--blur_width=1")
    assert "--input=twins: found 2 images that would all become o/a.png" in line


@pytest.mark.parametrize(
    ("kernel", "words"),
    [
        (b"", "cannot be read as a .npy file"),
        (b"garbage", "cannot be read as a .npy file"),
        (b"PK\x03\x04 no archive", "cannot be read as a .npy file"),
        (b"\x93NUMPY\x01\x00\x05\x00((((\n", "cannot be read as a .npy file"),
        (np.ones((2, 2)) / 4, "found shape [2, 2], expected [k, k] with k odd"),
        (np.ones((3, 5)) / 15, "found shape [3, 5]"),
        (np.ones((3, 3)), "found a sum of 9"),
        (np.full((3, 3), np.nan), "found a sum of nan"),
        (np.array(["a"]), "found no array of numbers"),
        (np.array([None]), "found no array of numbers"),
    ],
)
def test_kernels_are_refused(cli, kernel, words):
    path = cli.folder / "kernel.npy"
    if isinstance(kernel, bytes):
        path.write_bytes(kernel)
    else:
        np.save(path, kernel)
    assert words in cli.refuses("--mode=restore", "--input=photos", "--output=o", f"--kernel={path}")


# --- export


@pytest.mark.slow
def test_export_writes_a_saved_model_once(cli):
    told = cli.accepts("--mode=export", "--method=dlnet", "--output=saved/idn")
    assert re.fullmatch(
        r"saved/idn  \(idn_x3_dlnet; loaded without dlnet_tf it differs by \d\.\de-\d\d at most\)\n", told
    )
    assert (cli.folder / "saved" / "idn" / "saved_model.pb").is_file()
    assert "idn: exists; give --overwrite to replace it" in cli.refuses("--mode=export", "--output=saved/idn")
    cli.accepts("--mode=export", "--method=joint", "--output=saved/idn", "--overwrite")
    assert [path.name for path in (cli.folder / "saved").iterdir()] == ["idn"]


def test_export_refuses(cli):
    assert "expected --output, the folder of the SavedModel" in cli.refuses("--mode=export")
    assert "file is not a writable folder" in cli.refuses("--mode=export", "--output=file/x")
    assert "photos: exists and is not a SavedModel" in cli.refuses("--mode=export", "--output=photos", "--overwrite")


# --- train


def test_train_refuses(cli):
    train = ("--mode=train", "--method=joint", "--train_steps=1")
    assert "nowhere: cannot be read as a folder" in cli.refuses(*train, "--data_dir=nowhere")
    assert "empty: found no image files" in cli.refuses(*train, "--data_dir=empty")
    assert "file is not a writable folder" in cli.refuses(*train, "--output_dir=file/run")
    assert "file is not a writable folder" in cli.refuses(*train, "--log_dir=file/logs")
    small = "none is as large as a patch of 120 x 120 pixels"
    assert small in cli.refuses(*train, "--data_dir=data/Set5")
    (cli.folder / "run").mkdir()
    (cli.folder / "run" / "state.npz").write_bytes(b"a run")
    try:
        assert "run: holds a run already; give --resume to continue it" in cli.refuses(*train, "--output_dir=run")
    finally:
        shutil.rmtree(cli.folder / "run")


def test_a_folder_is_restored_past_a_broken_file(cli):
    answer = cli("--mode=restore", "--input=broken", "--output=past", "--blur_width=1")
    assert answer["code"] == 1 and (cli.folder / "past" / "a.png").is_file()
    first, last = answer["err"].splitlines()
    assert first.startswith("left out: broken/b.png: truncated")
    assert last.startswith("run_sisr.py: --input=broken: left out 1 of 2 files: broken/b.png: truncated")
