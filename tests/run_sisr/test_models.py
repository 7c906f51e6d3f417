"""Which models the command line takes, trains and exports, and which it refuses."""

import re
import shutil

import pytest


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
