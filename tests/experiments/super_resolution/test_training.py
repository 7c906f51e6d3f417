"""Training for super-resolution: what it starts from, what it sees, what it leaves behind."""

import json

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf

import run_flags
from dlnet_tf import keras_models, zoo
from dlnet_tf.backbones import BACKBONES
from dlnet_tf.colour import luminance
from dlnet_tf.data import patches
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.super_resolution import photographs
from dlnet_tf.experiments.super_resolution import training as sisr_training
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.patch_lesson import PATCHES, Patches
from dlnet_tf.experiments.super_resolution.photographs import training_images
from dlnet_tf.experiments.super_resolution.training import train_model
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate
from dlnet_tf.options import TrainOptions
from dlnet_tf.training.lock import locked
from tests import stand_in
from tests.training.events import read_events

IDN = SuperResolution("idn", 3)
STEPS = 4


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for index in range(3):
        cv2.imwrite(str(folder / f"{index}.png"), stand_in.photograph(index)[..., ::-1])
    return folder


@pytest.fixture
def reference(tmp_path, monkeypatch):
    """The network that fine-tuning starts from, small as everything here."""
    monkeypatch.setitem(BACKBONES, "idn", stand_in.idn)
    monkeypatch.setattr(zoo, "CHECKPOINTS", tmp_path)
    for several in PATCHES:
        monkeypatch.setitem(PATCHES, several, Patches(side=8, batch_size=2))
    monkeypatch.setattr(sisr_training.PhotographPatches, "validate_every", 2)
    # It cannot be switched off again for the tests that follow; tests/training/test_resume.py runs with it.
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: None)
    keras.utils.set_random_seed(5)
    network = stand_in.idn()
    network.save(IDN.checkpoint("reference"))
    return network


def run(data, folder, method, **flags):
    options = {"data_dir": str(data), "output_dir": folder, "method": method, "train_steps": STEPS}
    train_model(IDN, TrainOptions(**options | flags))
    return keras_models.load(folder / f"idn_x3_{method or 'dlnet'}.keras")


@pytest.mark.slow
def test_a_dlnet_is_trained_and_described(data, reference, tmp_path, capsys):
    folder = tmp_path / "run"
    model = run(data, folder, "dlnet_gradient", num_steps=3)
    assert isinstance(model, DLNet) and isinstance(model.update, GradientUpdate) and model.num_steps == 3
    assert IDN.load(folder / "idn_x3_dlnet_gradient.keras").name == model.name == "idn_x3_dlnet_gradient"
    files = sorted(path.name for path in folder.iterdir())
    assert files == ["idn_x3_dlnet_gradient.keras", "idn_x3_dlnet_gradient.md", "logs", "state.npz"]

    card = (folder / "idn_x3_dlnet_gradient.md").read_text()
    for words in (
        "data: 2 images, each at five sizes; 1 images held out",
        "2 a step, 8 x 8 degraded pixels",
        "u ~ U[0, 3]",
        "white with sigma ~ U[0, 0.02] in a quarter",
        "the reference network",
        "cosine, Adam 0.001, seed 0",
        "g mixed_bfloat16, z and h float32",
        "4 in 0:",
        "dB at u=0",
    ):
        assert words in card
    assert capsys.readouterr().out.count("dB") == 2 * 6

    events = read_events(folder / "logs")
    levels = [u + noise for noise in ("", ", 8 bits") for u in ("0", "1.3", "2.6")]
    tags = [u + noise for noise in ("", "_8_bits") for u in ("0", "1.3", "2.6")]
    assert set(events) == {
        *("loss", "gradient_norm", "learning_rate", "images_per_second"),
        *(f"psnr/u={u}" for u in levels),
        *(f"fidelity_u{u}/step{k}" for u in tags for k in range(3)),
        *(f"step_size/update{k}" for k in range(2)),
        *(f"bicubic_restored_truth/u{u}" for u in tags),
    }
    assert all(20 < psnr < 60 for u in levels for psnr in events[f"psnr/u={u}"].values())
    assert events["fidelity_u2.6/step2"][STEPS] < events["fidelity_u2.6/step0"][STEPS]
    # The best of the two validations is what was saved.
    best = max(events["psnr/u=0"], key=lambda step: sum(events[f"psnr/u={u}"][step] for u in levels))
    np.testing.assert_allclose(
        [events[f"step_size/update{k}"][best] for k in range(2)], np.mean(model.update.step_sizes, axis=1), rtol=1e-5
    )
    # The held-out image of 48 x 45, three times beside each other.
    assert events["bicubic_restored_truth/u1.3"][STEPS].shape == (48, 3 * 45, 1)


@pytest.mark.parametrize("method", ["reference", "joint", "dlnet"])
def test_methods_differ_in_model_start_and_levels(data, reference, tmp_path, method):
    folder = tmp_path / "run"
    own = {"step_size": 0.02} if method == "dlnet" else {}
    model = run(data, folder, method, learning_rate=0.0, num_steps=2, **own)
    started = keras_models.backbone_of(model).get_weights()
    same = all(np.array_equal(a, b) for a, b in zip(started, reference.get_weights(), strict=True))
    assert same == (method != "reference")
    if method == "dlnet":
        assert isinstance(model.update, AdamUpdate) and (model.update.step_size, model.update.floor) == (0.02, 3e-4)
        assert model.num_steps == 2
        assert "K = 2, Adam, gamma = 0.02, floor = 0.0003\n" in (folder / "idn_x3_dlnet.md").read_text()
    else:
        assert not isinstance(model, DLNet)
    events = read_events(folder / "logs")
    assert ("psnr/u=2.6" in events) == (method != "reference") and "psnr/u=0" in events


@pytest.mark.slow
def test_another_start_seed_and_schedule(data, reference, tmp_path):
    start = tmp_path / "start.keras"
    network = stand_in.idn()
    network.save(start)
    model = run(data, tmp_path / "a", "joint", checkpoint=str(start), learning_rate=0.0)
    np.testing.assert_array_equal(model.get_weights()[0], network.get_weights()[0])
    assert f"**Start:** {start}" in (tmp_path / "a" / "idn_x3_joint.md").read_text()
    none = run(data, tmp_path / "b", "joint", checkpoint="none", learning_rate=0.0)
    assert not np.array_equal(none.get_weights()[0], reference.get_weights()[0])

    def trained(name, **flags):
        return run(data, tmp_path / name, "joint", precision="float32", schedule="paper", **flags).get_weights()[0]

    first, again, other = trained("c"), trained("d"), trained("e", seed=1)
    np.testing.assert_allclose(first, again, atol=1e-6)
    assert np.abs(first - other).max() > 1e-5


def test_a_run_is_not_trained_over(data, reference, tmp_path):
    folder = tmp_path / "run"
    run(data, folder, "joint")
    before = (folder / "state.npz").read_bytes()
    with pytest.raises(UsageError, match="holds a run already; give --resume to continue it"):
        run(data, folder, "joint")
    assert (folder / "state.npz").read_bytes() == before
    run(data, folder, "joint", resume=True, train_steps=6)
    with np.load(folder / "state.npz") as state:
        assert state["optimizer/0000"] == 6


def test_a_finished_model_is_not_trained_over(data, reference, tmp_path):
    for name in ("idn_x3_joint.keras", "idn_x3_joint.md"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / name).write_text("finished")
        for resume in (False, True):
            with pytest.raises(UsageError, match=f"{name}: found a model without the state of its run"):
                run(data, folder, "joint", resume=resume)
        assert [path.name for path in folder.iterdir()] == [name] and (folder / name).read_text() == "finished"


@pytest.mark.slow
def test_a_run_goes_on_with_its_own_settings_only(data, reference, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "run"
    monkeypatch.setattr("sys.argv", ["run_sisr.py", "--resume", "--method", "dlnet_gradient", "--resume=true"])
    settings = {"resume": True, "num_steps": 2, "command": run_flags.command_line()}
    run(data, folder, "dlnet_gradient", **settings)
    assert f"{folder}/state.npz: no state yet, the run begins at step 0" in capsys.readouterr().out
    assert (
        "- **Command:** `python run_sisr.py --method dlnet_gradient`"
        in (folder / "idn_x3_dlnet_gradient.md").read_text()
    )
    with np.load(folder / "state.npz") as state:
        notes = json.loads(state["notes"].tobytes())
    assert notes["totals"] == [[0, STEPS]] and notes["settings"] == {
        "backbone": "idn",
        "scale": 3,
        "method": "dlnet_gradient, 8 x 8 degraded pixels, u ~ U[0, 3], noise up to 0.02",
        "data_dir": "data: 2 images, each at five sizes; 1 images held out",
        "checkpoint": "the reference network",
        "batch_size": 2,
        "precision": "mixed_bfloat16",
        "num_steps": 2,
        "step_size": 0.01,
        "average": 0.0,
        "learning_rate": 0.001,
        "schedule": "cosine",
        "seed": 0,
    }
    # Another number of steps also makes other shapes.
    for flag, value, of_run in (("num_steps", 3, 2), ("batch_size", 4, 2)):
        with pytest.raises(UsageError, match=f"^--{flag}: found {value}, expected {of_run} as in the run of "):
            run(data, folder, "dlnet_gradient", **settings | {flag: value})
    cv2.imwrite(str(data / "another.png"), stand_in.photograph(9))
    with pytest.raises(UsageError, match="^--data_dir: found data: 3 images.*, expected data: 2 images"):
        run(data, folder, "dlnet_gradient", **settings)


def test_a_validation_that_is_not_finite_is_one_line(data, reference, tmp_path, monkeypatch):
    def with_fidelity(self, degraded, blur_width, noise_sigma):
        return np.full((1, 48, 45, 1), np.nan, np.float32), None

    monkeypatch.setattr(sisr_training.Restorer, "with_fidelity", with_fidelity)
    with pytest.raises(UsageError, match=r"validation failed at step 2, its state is kept \(0 at u = 0: .* not finite"):
        run(data, tmp_path / "run", "joint")


def test_a_validation_restores_every_photograph_once_at_each_level(data, reference, tmp_path, monkeypatch):
    calls = []
    restore = sisr_training.Restorer.with_fidelity
    monkeypatch.setattr(
        sisr_training.Restorer, "with_fidelity", lambda *args: calls.append(float(args[2][0])) or restore(*args)
    )
    run(data, tmp_path / "run", "joint")
    np.testing.assert_allclose(calls, [0.0, 1.3, 2.6] * 2, rtol=1e-6)


def test_photographs_that_fill_the_memory_are_taken_at_one_size_or_refused(data, reference, tmp_path, monkeypatch):
    pixels = 48 * 45
    monkeypatch.setattr(patches, "MAX_BYTES", 3 * pixels)
    run(data, tmp_path / "run", "joint")
    assert "data: 2 images, each at one size" in (tmp_path / "run" / "idn_x3_joint.md").read_text()
    monkeypatch.setattr(photographs, "MAX_BYTES", 3 * pixels - 1)
    with pytest.raises(UsageError, match="data: found more than 6,479 pixels, expected fewer images"):
        training_images(data, 3)


def test_every_fortieth_image_of_the_largest_folder_is_held_out(tmp_path):
    pictures = {}
    for name, count in {"T91": 3, "BSDS400": 81, "Set5": 2}.items():
        (tmp_path / name).mkdir()
        for index in range(count):
            pictures[name, index] = len(pictures)
            cv2.imwrite(str(tmp_path / name / f"{index:03}.png"), np.full((20, 24), pictures[name, index], np.uint8))
    images, held_out, folders = training_images(tmp_path, 3)
    assert folders == ["T91", "BSDS400"] and len(images) == 81 and len(held_out) == 3
    kept_out = {pictures["BSDS400", index] for index in (0, 40, 80)}
    assert [name for name, _ in held_out] == ["000", "040", "080"]
    assert {image[0, 0] for _, image in held_out} == kept_out
    # And nothing of a test set.
    training = {value for (name, _), value in pictures.items() if name != "Set5"}
    assert {image[0, 0] for image in images} == training - kept_out


def test_any_folder_of_two_images_will_do(tmp_path):
    for index in range(2):
        cv2.imwrite(str(tmp_path / f"{index}.png"), stand_in.photograph(index))
        if index == 0:
            with pytest.raises(UsageError, match="found 1 images, expected at least 2, one to hold out"):
                training_images(tmp_path, 3)
    images, held_out, folders = training_images(tmp_path, 3)
    assert (len(images), len(held_out), folders) == (1, 1, [tmp_path.name])


def test_an_image_that_is_too_small_to_be_scored_is_not_held_out(tmp_path):
    cv2.imwrite(str(tmp_path / "a tiny one.png"), np.zeros((19, 19), np.uint8))
    with pytest.raises(UsageError, match="a tiny one: found 19 x 19 pixels, expected at least 20 each way at x4"):
        training_images(tmp_path, 4)
    for name in "bc":
        cv2.imwrite(str(tmp_path / f"{name}.png"), stand_in.photograph(0))
    for scale, expected in ((4, "b"), (3, "a tiny one")):
        images, held_out, _ = training_images(tmp_path, scale)
        assert [name for name, _ in held_out] == [expected] and len(images) == 2


def test_test_sets_are_not_trained_on(tmp_path, capsys):
    for folder, value in {"": 1, "mine": 2, "Set5": 3, "benchmark/Set14/x": 4, "B1000": 5}.items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for index in range(2):
            cv2.imwrite(str(tmp_path / folder / f"{index}.png"), np.full((20, 24), value, np.uint8))
    images, held_out, _ = training_images(tmp_path, 3)
    levels = [image[0, 0] for image in (*images, *(image for _, image in held_out))]
    assert sorted(np.unique(levels)) == sorted(
        {luminance(np.full((1, 1), value, np.uint8))[0, 0] for value in (1, 2, 5)}
    )
    assert capsys.readouterr().out == f"{tmp_path}: skipped Set14, Set5, which are for testing\n"
    assert len(training_images(tmp_path / "Set5", 3)[0]) == 1


@pytest.mark.parametrize("resume", [False, True])
def test_a_second_run_in_a_folder_is_refused(data, reference, tmp_path, resume):
    with locked(tmp_path / "run"):
        with pytest.raises(UsageError, match="run: another run uses this folder .*, expected another --output_dir"):
            run(data, tmp_path / "run", "joint", resume=resume)
        assert [path.name for path in (tmp_path / "run").iterdir()] == [".lock"]
    assert not (tmp_path / "run").exists()
