"""The command line of inpainting and interpolation: what it does, and the one line that it answers otherwise."""

import json
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.data.datasets import load_dataset
from dlnet_tf.degradations import Masking
from dlnet_tf.evaluation import corruptions
from dlnet_tf.evaluation.untrained import UNTRAINED
from dlnet_tf.experiments.inpainting import experiment as inpainting
from dlnet_tf.imagefiles.images import read_image
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate
from dlnet_tf.methods import with_dlnets
from dlnet_tf.restoration import Restorer, inpaint
from dlnet_tf.tasks import TASKS
from tests import stand_in
from tests.command_line import Session, choices, read_help, script, write

QUICK = ("--images=1", "--corruptions=1")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Models under checkpoints/ and runs of training under trained/, images under data/ and photos/, masks/."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "checkpoints").mkdir()
    keras.utils.set_random_seed(6)
    network = stand_in.with_statistics(stand_in.autoencoder())
    for name in ("inpaint_celeba_joint", "inpaint_scenes_joint", "interp_celeba_joint"):
        network.save(folder / "checkpoints" / f"{name}.keras")
    gradient = DLNet(network, Masking(), 2, GradientUpdate(4.0), name="inpaint_celeba_dlnet_gradient")
    gradient.save(folder / "checkpoints" / "inpaint_celeba_dlnet_gradient.keras")
    for method in ("on_demand", "dlnet"):
        run = folder / "trained" / f"train-{method}"
        run.mkdir(parents=True)
        model = network if method == "on_demand" else DLNet(network, Masking(), 2, AdamUpdate(0.01), name="dlnet")
        model.save(run / f"inpaint_celeba_{method}.keras")
    stand_in.image_set(folder / "data" / "celeba64", train=2, validation=1, test=2)
    # The cache of these, which every command would write.
    load_dataset("celeba", folder / "data")
    write(folder / "photos" / "colour.png", stand_in.photograph(3, 70, 81))
    write(folder / "photos" / "below" / "gray.png", stand_in.photograph(4, 50, 66, colour=False))
    for name, height, width in (("colour", 70, 81), ("below/gray", 50, 66), ("square", 64, 64)):
        white = np.zeros((height, width), np.uint8)
        white[20:41, 17:36] = 255
        write(folder / "masks" / f"{name}.png", white)
    write(folder / "gray mask.png", np.full((64, 64), 128, np.uint8))
    return folder


@pytest.fixture(scope="module")
def cli(home):
    session = Session("run_inpaint", home)
    yield session
    session.close()


def report(cli, *flags):
    """The report of an evaluation, and what it prints."""
    out = cli.accepts(*flags, "--output_dir=shown", "--report=shown.json", "--overwrite")
    return json.loads((cli.folder / "shown.json").read_text()), out


# --- without TensorFlow


def test_help_is_quick_and_tells_flags_by_mode():
    text, groups = read_help("run_inpaint")
    for words in ("--task {inpaint,interp}", "--arch {autoencoder,sft,edgeconnect}", "--method {reference,centered,"):
        assert any(line.strip().startswith(words) for line in text), words
    assert [group for group in groups if "seed" in groups[group]] == ["eval", "train"]
    assert [group for group in groups if "mask" in groups[group]] == ["eval", "restore"]
    assert [group for group in groups if "composite" in groups[group]] == ["eval", "restore"]
    assert sorted(groups["export"]) == ["output", "overwrite", "weights"]


def test_a_flag_is_refused_in_one_line(tmp_path):
    done = script("run_inpaint", "--task=outpaint", cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == "" and list(tmp_path.iterdir()) == []
    assert done.stderr == "run_inpaint.py: flag --task=outpaint: value should be one of <inpaint|interp>\n"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--mehtod=joint", "Unknown command line flag 'mehtod'. Did you mean: method ?"),
        ("--method=best", "--method=best: value should be one of <reference|centered|joint|on_demand|multitask|"),
        ("--arch=unet", "--arch=unet: value should be one of <autoencoder|sft|edgeconnect>"),
        ("--arch=sft --extra_layers=back", "only the autoencoder has deeper variants"),
        ("--corruptions=0", "--corruptions=0"),
        ("--images=0", "--images=0"),
        ("--likelihood_weight=nan", "--likelihood_weight=nan: expected a number >= 0"),
        ("--adversarial_weight=-1", "--adversarial_weight=-1.0: expected a number >= 0"),
        ("--input=a.png", "--input: found with --mode=eval, expected with restore only"),
        ("--mode=train --curve", "--curve: found with --mode=train, expected with eval only"),
        ("--mode=train --nocomposite", "--composite: found with --mode=train, expected with eval or restore only"),
        (
            "--mode=train --weights=scenes",
            "--weights: found with --mode=train, expected with eval or restore or export",
        ),
        ("--mode=restore --seed=1", "--seed: found with --mode=restore, expected with eval or train only"),
        ("--precision=auto", "precision=auto: expected with mode=train only"),
        ("--mode=train --average=1", "--average=1: 1.0 is not a number in the range"),
        ("--mode=train --method=multitask --num_steps=5", "a plain network takes no steps"),
        # Combinations that mean nothing.
        (
            "--mode=train --method=dlnet_gradient --step_size=0.1 --checkpoint=none",
            "--step_size=0.1: found with dlnet_gradient, expected --method=dlnet",
        ),
        (
            "--mode=train --method=joint --step_size=0.1 --checkpoint=none",
            "--step_size=0.1: found with joint, expected --method=dlnet",
        ),
        ("--task=interp --method=centered", "--method=centered: found with interp_celeba, expected reference, joint"),
        ("--task=interp --holes=strokes", "--holes=strokes: expected --task=inpaint and no --mask"),
        ("--holes=strokes --save_corruptions=a.npz", "--save_corruptions: expected the masks of the protocol"),
        ("--mask=a.png --load_corruptions=a.npz", "--load_corruptions: expected the masks of the protocol"),
        ("--save_corruptions=a.npz --load_corruptions=b.npz", "--save_corruptions: found with --load_corruptions"),
        ("--load_corruptions=nowhere.npz", "nowhere.npz: cannot be read as corruptions in .npz"),
        ("--test_sets=celeba,samples --save_corruptions=a.npz", "--save_corruptions: found several sets (celeba, one"),
        ("--mask_white=observed", "--mask_white=observed: expected only with --mask"),
        ("--boundary", "--boundary: expected --checkpoint, with a model that was trained with this flag"),
        ("--dataset=celeba --test_sets=samples", "--test_sets: found with --dataset, expected only one"),
        ("--method=joint --curve", "--curve: found no DL-Net among joint"),
        ("--method=joint --num_steps=3", "--num_steps=3: found no DL-Net among joint"),
        ("--data_dir=nowhere", "nowhere: found no celeba, expected img_align_celeba/, celeba64/, celeba.npz"),
    ],
)
def test_flags_are_refused(cli, flags, words):
    assert words in cli.refuses(*flags.split())


def test_the_methods_and_networks_are_those_of_the_package():
    flags = {name: choices("run_inpaint", name) for name in ("method", "task", "arch", "extra_layers")}
    assert flags["method"] == with_dlnets(TASKS["inpaint"].methods)
    assert flags["task"] == ["inpaint", "interp"]
    for arch in flags["arch"]:
        assert inpainting.Inpainting("inpaint", arch=arch).network().name == arch
    for extra in flags["extra_layers"][1:]:
        network = inpainting.Inpainting("inpaint", extra_layers=extra)
        assert network.network().name == network.kind == f"autoencoder_{extra}"


# --- eval


def test_eval_prints_the_tables_and_writes_a_report_with_pictures(cli):
    out = cli.accepts("--task=inpaint", "--corruptions=2")
    folder = cli.folder / "runs" / "inpaint-1"
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "report.json"]
    found = json.loads((folder / "report.json").read_text())
    levels = ("s=10", "s=20", "s=30", "s=20 centred")
    assert [(row["level"], row["composite"], row["method"]) for row in found["rows"]] == [
        (level, composite, method)
        for level in levels
        for composite in (False, True)
        for method in ((*UNTRAINED,) if composite else ()) + ("joint", "dlnet_gradient")
    ]
    for row in found["rows"]:
        assert (row["task"], row["set"], row["images"]) == ("inpaint", "celeba", 2)
        assert row.get("arch") == (None if row["method"] in UNTRAINED else "autoencoder")
        assert row["corruptions"] == (1 if row["level"] == "s=20 centred" else 2)
        assert f"{row['psnr']:.2f}" in out
    config = found["config"]
    assert config["models"]["celeba"]["dlnet_gradient"].endswith("K = 2, gradient steps")
    parts = config["parameters"]["joint"]
    assert parts["total"] == stand_in.autoencoder().count_params() == sum(parts.values()) - parts["total"]
    page = (folder / "report.html").read_text()
    for words in ("Input", "DL-Net (gradient), composite", "Truth", "data:image/", "celeba 1"):
        assert words in page, words


def test_composites_alone_none_at_all_and_other_holes(cli):
    def rows(*flags):
        found, _ = report(cli, "--method=joint", *QUICK, *flags)
        return [(row["level"], row["composite"]) for row in found["rows"] if row["method"] == "joint"]

    levels = corruptions.LEVELS
    assert rows("--composite") == [(level, True) for level in levels["inpaint"]]
    assert rows("--nocomposite", "--task=interp") == [(level, False) for level in levels["interp"]]
    assert rows("--holes=strokes") == [("strokes", False), ("strokes", True)]
    assert rows("--holes=both", "--composite") == [(level, True) for level in (*levels["inpaint"], "strokes")]
    assert rows("--mask=masks/square.png", "--composite") == [("square", True)]


def test_a_mask_in_eval_is_that_of_every_image(cli):
    joint = ("--method=joint", "--nocomposite")
    first, _ = report(cli, "--mask=masks/square.png", *joint)
    inverted, _ = report(cli, "--mask=masks/square.png", "--mask_white=observed", *joint)
    ((row,), (other,)) = first["rows"], inverted["rows"]
    assert (row["images"], row["corruptions"]) == (2, 1) and row["psnr"] != other["psnr"]
    images = load_dataset("celeba", cli.folder / "data").test
    mask = read_image(cli.folder / "masks" / "square.png")[..., None] == 0
    model = keras.saving.load_model(cli.folder / "checkpoints" / "inpaint_celeba_joint.keras")
    restored = np.asarray(model({"degraded": (images / 255 * mask).astype(np.float32)}, training=False))
    assert row["l1"] == pytest.approx(2 * np.abs(restored - images / 255).mean(), rel=1e-4)

    size = cli.refuses("--mask=masks/colour.png", *joint)
    assert "colour.png: found a mask of 81 x 70 pixels, expected 64 x 64" in size
    assert "gray mask.png: found a mask with gray values" in cli.refuses("--mask=gray mask.png", *joint)
    assert "masks: " in cli.refuses("--mask=masks", *joint)


def test_the_corruptions_are_saved_as_they_are_tested_on(cli):
    flags = ("--task=interp", "--method=joint", "--corruptions=2", "--seed=7", "--save_corruptions=masks.npz")
    saved, _ = report(cli, *flags)
    stored = corruptions.load_corruptions(cli.folder / "masks.npz", "interp", 2)
    for level, masks in stored.items():
        np.testing.assert_array_equal(masks, corruptions.draw("interp", level, 2, 2, 7))
    assert "masks.npz: exists; give --overwrite to replace it" in cli.refuses(*flags)
    read = ("--task=interp", "--method=joint", "--load_corruptions=masks.npz")
    loaded, _ = report(cli, *read)
    assert loaded["rows"] == saved["rows"] and loaded["config"]["corruptions"] == "masks.npz"
    assert "masks.npz: found corruptions of 2 images, expected 1" in cli.refuses(*read, "--images=1")
    other = cli.refuses("--task=inpaint", "--method=joint", "--load_corruptions=masks.npz")
    assert "masks.npz: found corruptions of task interp, expected inpaint" in other


def test_a_checkpoint_is_a_file_or_a_folder_of_runs(cli):
    one, out = report(cli, "--checkpoint=trained/train-dlnet/inpaint_celeba_dlnet.keras", "--num_steps=3", *QUICK)
    assert {row["method"] for row in one["rows"]} == {"dlnet", *UNTRAINED} and "DL-Net" in out
    assert one["config"]["models"]["celeba"]["dlnet"].endswith("K = 3, Adam, gamma = 0.01, floor = 1e-08")
    both, _ = report(cli, "--checkpoint=trained", *QUICK)
    assert [row["method"] for row in both["rows"][:2]] == ["on_demand", "dlnet"]
    assert both["config"]["checkpoint"] == "trained"
    missing = cli.refuses("--checkpoint=trained", "--task=interp", *QUICK)
    assert "--checkpoint=trained: found no file interp_celeba_<method>.keras in this folder" in missing
    wrong = cli.refuses("--checkpoint=trained/train-dlnet/inpaint_celeba_dlnet.keras", "--extra_layers=back")
    assert "found a checkpoint of autoencoder, expected autoencoder_back" in wrong


def test_a_curve_is_measured_at_every_number_of_steps(cli):
    flags = ("--mask=masks/square.png", "--checkpoint=trained/train-dlnet/inpaint_celeba_dlnet.keras")
    curved, _ = report(cli, *flags, "--curve")
    (lines,) = {tuple(lines) for lines in curved["curves"]["Quality against K"].values()}
    assert lines == ("DL-Net",) and {
        len(line["DL-Net"]) for line in curved["curves"]["Quality against K"].values()
    } == {5}
    assert "Quality against K" in (cli.folder / "shown" / "report.html").read_text()
    report(cli, *flags)
    assert "Quality against K" not in (cli.folder / "shown" / "report.html").read_text()


def test_without_data_the_samples_are_taken_each_with_its_models(cli):
    data, aside = cli.folder / "data", cli.folder / "aside"
    flags = ("--mask=masks/square.png", "--images=2", "--nocomposite")
    data.rename(aside)
    try:
        found, out = report(cli, *flags)
    finally:
        aside.rename(data)
    assert [(row["set"], row["method"], row["images"]) for row in found["rows"]] == [
        ("one face", "joint", 1),
        ("one face", "dlnet_gradient", 1),
        ("samples", "joint", 2),
    ]
    assert "one face" in out and "samples" in out
    found, _ = report(cli, *flags, "--dataset=samples", "--weights=scenes")
    assert [(row["set"], row["method"]) for row in found["rows"]] == [("samples", "joint")]
    # Where only one kind of models ships, only its images are shown.
    found, _ = report(cli, *QUICK, "--task=interp", "--test_sets=celeba,samples", "--composite")
    assert {row["set"]: row["images"] for row in found["rows"]} == {"celeba": 1, "one face": 1}


def test_a_missing_checkpoint_names_the_command_that_trains_it(cli):
    command = "train it with python run_inpaint.py --mode train --task"
    line = cli.refuses("--task=interp", "--method=dlnet")
    assert f"found no interp_celeba_dlnet.keras in checkpoints/; {command} interp --method dlnet" in line
    assert f"{command} inpaint --method reference --arch sft" in cli.refuses("--arch=sft", *QUICK)
    assert f"{command} inpaint --method reference --extra_layers both" in cli.refuses("--extra_layers=both")
    restore = ("--mode=restore", "--input=photos/colour.png", "--mask=masks/colour.png", "--output=o.png")
    # A plain network that ships does not stand in for a DL-Net.
    assert f"{command} interp --method dlnet_gradient" in cli.refuses(*restore, "--task=interp")
    line = cli.refuses(*restore, "--weights=scenes")
    assert f"{command} inpaint --method dlnet_gradient --dataset sun397" in line


# --- restore


def expected(cli, name, model="inpaint_celeba_dlnet_gradient", **options):
    loaded = keras.saving.load_model(cli.folder / "checkpoints" / f"{model}.keras")
    mask = (read_image(cli.folder / "masks" / f"{name}.png") == 0).astype(np.float32)[..., None]
    return inpaint(Restorer(loaded), read_image(cli.folder / "photos" / f"{name}.png"), mask, "inpaint", **options)


def test_photographs_of_a_folder_are_restored_each_with_its_mask(cli):
    out = cli.accepts("--mode=restore", "--input=photos", "--mask=masks", "--output=filled")
    assert "(81 x 70, inpaint_celeba_dlnet_gradient: " in out and "(66 x 50, inpaint_celeba_dlnet_gradient: " in out
    for name in ("colour", "below/gray"):
        restored, how = expected(cli, name)
        found = read_image(cli.folder / "filled" / f"{name}.png")
        assert found.shape == restored.shape and f"{how})" in out
        assert np.abs(found.astype(int) - restored).max() <= 1
        # Known pixels stay as they are.
        photograph = read_image(cli.folder / "photos" / f"{name}.png")
        known = read_image(cli.folder / "masks" / f"{name}.png") == 0
        np.testing.assert_array_equal(found[known], photograph[known])
        assert (found[~known] != photograph[~known]).any()


def test_one_photograph_with_other_settings(cli):
    one = ("--mode=restore", "--input=photos/colour.png", "--mask=masks/colour.png")
    assert "inpaint_celeba_joint" in cli.accepts(*one, "--output=plain.png", "--method=joint", "--nocomposite")
    restored, _ = expected(cli, "colour", "inpaint_celeba_joint", composite=False)
    assert np.abs(read_image(cli.folder / "plain.png").astype(int) - restored).max() <= 1
    known = read_image(cli.folder / "masks" / "colour.png") == 0
    photograph = read_image(cli.folder / "photos" / "colour.png")
    assert (read_image(cli.folder / "plain.png")[known] != photograph[known]).any()

    out = cli.accepts(*one, "--output=inverse.jpg", "--mask_white=observed", "--checkpoint=trained", "--method=dlnet")
    assert "inverse.jpg: JPEG does not keep the known pixels exactly, .png does" in out
    assert "inpaint_celeba_dlnet: " in out

    assert "plain.png: exists; give --overwrite to replace it" in cli.refuses(*one, "--output=plain.png")
    cli.accepts(*one, "--output=plain.png", "--overwrite")
    restored, _ = expected(cli, "colour")
    assert np.abs(read_image(cli.folder / "plain.png").astype(int) - restored).max() <= 1


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--mask=masks",), "expected --input, --mask and --output"),
        (("--input=photos", "--output=o"), "expected --input, --mask and --output"),
        (("--input=missing", "--mask=masks", "--output=o"), "--input=missing: no such file or folder"),
        (("--input=photos", "--mask=missing", "--output=o"), "--mask=missing: no such file or folder"),
        (
            ("--input=photos/colour.png", "--mask=masks/square.png", "--output=o.png"),
            "square.png: found a mask of 64 x 64 pixels, expected 81 x 70, the size of the image",
        ),
        (("--input=data/celeba64/test", "--mask=masks", "--output=o"), "found no mask for data/celeba64/test/"),
        (("--input=data/celeba64/test", "--mask=gray mask.png", "--output=o"), "found a mask with gray values"),
        (("--input=photos/colour.png", "--mask=masks/colour.png", "--output=o"), "found suffix '', expected one of"),
        (
            ("--input=photos", "--mask=masks", "--output=o", "--checkpoint=trained"),
            "--checkpoint=trained: found on_demand, dlnet, expected --method too",
        ),
        (
            ("--input=photos", "--mask=masks", "--output=o", "--arch=edgeconnect"),
            "--arch=edgeconnect: needs the true edges, which are unknown in a hole",
        ),
    ],
)
def test_restore_refuses(cli, flags, words):
    assert words in cli.refuses("--mode=restore", *flags)


# --- export


def test_export_writes_a_saved_model_that_takes_image_and_mask(cli):
    assert "(inpaint_celeba_dlnet_gradient; " in cli.accepts("--mode=export", "--output=saved")
    saved = tf.saved_model.load(cli.folder / "saved")
    _, inputs = saved.signatures["serving_default"].structured_input_signature
    assert set(inputs) == {"degraded", "mask"}
    mask = (np.arange(64) % 3 > 0).astype(np.float32).reshape(1, 64, 1, 1) * np.ones((2, 1, 64, 1), np.float32)
    degraded = mask * np.stack([stand_in.photograph(index, 64, 64) for index in range(2)]).astype(np.float32) / 255
    model = keras.saving.load_model(cli.folder / "checkpoints" / "inpaint_celeba_dlnet_gradient.keras")
    restored = saved.serve({"degraded": degraded, "mask": mask})["restored"]
    np.testing.assert_allclose(restored, model({"degraded": degraded, "mask": mask}, training=False), atol=1e-4)
    assert "expected --output, the folder of the SavedModel" in cli.refuses("--mode=export")


# --- train


def test_train_refuses(cli):
    train = ("--mode=train", "--train_steps=1")
    assert "nowhere: found no celeba, expected" in cli.refuses(*train, "--data_dir=nowhere")
    assert "--dataset=samples: found test images only" in cli.refuses(*train, "--dataset=samples")
    assert "data: found no sun397, expected SUN397/, scenes64/" in cli.refuses(*train, "--dataset=sun397")
    line = cli.refuses(*train, "--method=joint")
    assert "which python run_inpaint.py --mode train --task inpaint --method reference makes" in line
    (cli.folder / "run").mkdir()
    (cli.folder / "run" / "state.npz").write_bytes(b"a run")
    try:
        assert "run: holds a run already; give --resume to continue it" in cli.refuses(*train, "--output_dir=run")
    finally:
        shutil.rmtree(cli.folder / "run")
