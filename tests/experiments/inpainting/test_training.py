"""Training for inpainting and interpolation: what each method sees and minimises, and what it leaves behind."""

import json

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf import keras_models, zoo
from dlnet_tf.backbones import BACKBONES, edgeconnect, sft
from dlnet_tf.data.edges import canny_edges
from dlnet_tf.degradations import Masking
from dlnet_tf.errors import UsageError
from dlnet_tf.evaluation.metrics import to_eight_bit
from dlnet_tf.experiments import training
from dlnet_tf.experiments.inpainting import training as inpaint_training
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.experiments.inpainting.masks import drawn
from dlnet_tf.experiments.inpainting.options import InpaintingTraining
from dlnet_tf.experiments.inpainting.training import train_model
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate
from dlnet_tf.methods import METHODS, with_dlnets
from dlnet_tf.objectives import Adversarial, BoundaryWeighted, MultiTask, NaiveLikelihood, Objective
from dlnet_tf.tasks import TASKS
from dlnet_tf.training.faster import FASTER
from dlnet_tf.training.on_demand import OnDemand
from tests import stand_in
from tests.evaluation import single_image
from tests.training.events import read_events

STEPS, BATCH = 4, 10
HOLES = ["s=1-6", "s=7-12", "s=13-18", "s=19-24", "s=25-30"]
PIXELS = ["r=0-0.15", "r=0.15-0.3", "r=0.3-0.45", "r=0.45-0.6", "r=0.6-0.75"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    stand_in.image_set(folder / "celeba64")
    return folder


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """The networks that fine-tuning starts from, small as everything here."""
    monkeypatch.setitem(BACKBONES, "autoencoder", stand_in.autoencoder)
    monkeypatch.setattr(zoo, "CHECKPOINTS", tmp_path / "shipped")
    (tmp_path / "shipped").mkdir()
    make_run = training.Run

    def often(model, shipped, optimizer, lesson, *others):
        lesson.validate_every = 2
        return make_run(model, shipped, optimizer, lesson, *others)

    monkeypatch.setattr(training, "Run", often)
    # It cannot be switched off again for the tests that follow; tests/training/test_resume.py runs with it.
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: None)
    keras.utils.set_random_seed(5)
    network = stand_in.autoencoder()
    for task in ("inpaint", "interp"):
        network.save(Inpainting(task).checkpoint("reference"))
    return network


def options(data, method, **flags):
    defaults = {"train_steps": STEPS, "batch_size": BATCH}
    return InpaintingTraining(data_dir=str(data), method=method, **defaults | flags)


def run(data, folder, method, task="inpaint", **flags):
    train_model(Inpainting(task), options(data, method, output_dir=folder, **flags))
    return keras_models.load(folder / f"{task}_celeba_{method}.keras")


def lesson(monkeypatch, data, method, task="inpaint", batch=BATCH, arch="autoencoder", **flags):
    """What a method would be shown and asked for: (experiment, whether it is fine-tuned, lesson)."""
    taken = []

    def train_method(experiment, name, options, default_batch, prepare, precision):
        assert name == method and default_batch == 100 and precision == "float32"
        taken.append((experiment, METHODS[name].fine_tuned, prepare(batch)))

    with monkeypatch.context() as patch:
        patch.setattr(inpaint_training, "train_method", train_method)
        train_model(Inpainting(task, arch=arch), options(data, method, **flags))
    return taken[0]


def notes_of(folder):
    with np.load(folder / "state.npz") as stored:
        return json.loads(stored["notes"].tobytes())


def arrays_of(folder):
    with np.load(folder / "state.npz") as stored:
        return {name: stored[name] for name in stored.files if name != "notes"}


# --- what a method is shown and asked for


@pytest.mark.parametrize("task", ["inpaint", "interp"])
@pytest.mark.parametrize("method", with_dlnets(TASKS["inpaint"].methods))
def test_methods_differ_in_model_objective_start_and_levels(data, shipped, monkeypatch, method, task):
    if task == "interp" and method == "centered":
        return
    found, fine_tuned, given = lesson(monkeypatch, data, method, task, batch=60)
    assert fine_tuned == (method not in ("reference", "centered"))
    special = {"multitask": MultiTask, "naive_likelihood": NaiveLikelihood}
    assert type(given.objective) is special.get(method, Objective) and given.objective.weight_decay == 1e-4
    assert isinstance(given.curriculum, OnDemand) == (method == "on_demand")

    model = found.build(method, shipped, 3)
    rule = {"dlnet": AdamUpdate, "dlnet_gradient": GradientUpdate}.get(method)
    assert (isinstance(model, DLNet) and isinstance(model.update, rule)) if rule else model is shipped
    if method == "dlnet":
        assert model.update.step_size == (0.001 if task == "inpaint" else 0.01)

    ((inputs, clean),) = given.batches(0, 1, None)
    inputs = {name: value.numpy() for name, value in inputs.items()}
    np.testing.assert_array_equal(inputs["degraded"], inputs["mask"] * clean)
    missing = 64 * 64 - inputs["mask"].sum(axis=(1, 2, 3))
    level = inputs["level"]
    if task == "inpaint":
        low, high = {"reference": (32, 32), "centered": (20, 20)}.get(method, (1, 30))
        np.testing.assert_array_equal(missing, level**2)
        centred = all(mask[::-1, ::-1].tobytes() == mask.tobytes() for mask in inputs["mask"][..., 0])
        assert centred == (method in ("reference", "centered"))
        labels = {32: ["s=32"], 20: ["s=20"]}.get(low, HOLES)
    else:
        low, high = (0.75, 0.75) if method == "reference" else (0, 0.75)
        # Four standard deviations of a binomial.
        np.testing.assert_allclose(missing / 4096, level, atol=4 * 0.5 / 64)
        labels = ["r=0.75"] if method == "reference" else PIXELS
    assert low <= level.min() and level.max() <= high
    assert low == high or np.ptp(level) > 0.7 * (high - low)
    if method == "on_demand":
        # A fifth of each at first.
        edges = [0.5, 6.5, 12.5, 18.5, 24.5, 30.5] if task == "inpaint" else [0, 0.15, 0.3, 0.45, 0.6, 0.75]
        assert np.histogram(level, edges)[0].tolist() == [12] * 5
    if not rule:
        validate = given.validator(model)
        once, again = validate(), validate()
        assert list(once.psnr) == labels and once.psnr == again.psnr


def test_images_of_a_validation_are_those_held_out_and_scored_as_eight_bit(data, shipped, monkeypatch):
    _, _, given = lesson(monkeypatch, data, "reference")
    seen = []
    call = inpaint_training.Restorer.with_fidelity
    monkeypatch.setattr(
        inpaint_training.Restorer, "with_fidelity", lambda self, **batch: seen.append(batch) or call(self, **batch)
    )
    found = given.validator(shipped)()
    ((batch,), held_out) = seen, sorted((data / "celeba64" / "val").iterdir())
    images = np.stack([cv2.imread(str(path))[..., ::-1] for path in held_out])
    assert set(batch) == {"degraded", "mask"}
    np.testing.assert_allclose(batch["degraded"], images / 255 * batch["mask"], atol=1e-6)
    restored = to_eight_bit(np.asarray(shipped({"degraded": batch["degraded"]}, training=False)))
    expected = np.mean([single_image.psnr(a, b) for a, b in zip(restored, images, strict=True)])
    assert found.psnr["s=32"] == pytest.approx(expected, abs=0.01)


def test_flags_choose_another_objective_or_other_holes(data, shipped, monkeypatch):
    def objective(method, **flags):
        return lesson(monkeypatch, data, method, **flags)[2].objective

    assert objective("naive_likelihood").weight == 1e4
    assert objective("naive_likelihood", likelihood_weight=100.0).weight == 100
    assert type(objective("joint", boundary=True)) is BoundaryWeighted
    assert type(objective("dlnet", boundary=True)) is BoundaryWeighted
    assert type(objective("multitask").of) is Objective
    assert type(objective("multitask", boundary=True).of) is BoundaryWeighted
    adversarial = objective("joint", adversarial_weight=0.5)
    assert type(adversarial) is Adversarial and adversarial.weight == 0.5
    _, _, strokes = lesson(monkeypatch, data, "joint", holes="strokes")
    assert strokes.facts["Levels"] == "holes of random strokes"
    ((inputs, _),) = strokes.batches(0, 1, None)
    np.testing.assert_allclose(inputs["level"], 1 - np.mean(inputs["mask"], axis=(1, 2, 3)), atol=1e-6)
    assert list(strokes.validator(shipped)().psnr) == ["strokes"]
    _, _, squares = lesson(monkeypatch, data, "joint")
    _, _, both = lesson(monkeypatch, data, "joint", holes="both")
    assert both.facts["Levels"] == squares.facts["Levels"] + "; half of them random strokes instead"
    for name, found in squares.validator(shipped)().psnr.items():
        assert both.validator(shipped)().psnr[name] == found
    assert list(both.validator(shipped)().psnr) == [*squares.validator(shipped)().psnr, "strokes"]


def test_both_kinds_of_holes_are_half_of_a_batch_each():
    draw = drawn(Inpainting("inpaint"), TASKS["inpaint"].levels_of("joint"), "both")
    masks, levels = draw(tf.constant([1, 2]), 41)
    sides = np.sqrt(np.sum(1 - masks, axis=(1, 2, 3)))
    np.testing.assert_allclose(sides[::2], levels[::2], rtol=1e-6)
    np.testing.assert_allclose(sides[1::2] ** 2 / 64**2, levels[1::2], atol=1e-6)
    assert sides[::2].max() > 20 and len(masks) == 41


def test_edges_are_those_of_the_truth(data, shipped, monkeypatch):
    _, _, given = lesson(monkeypatch, data, "joint", arch="edgeconnect")
    ((inputs, clean),) = given.batches(0, 1, None)
    np.testing.assert_array_equal(inputs["edges"], canny_edges(clean.numpy()))
    given.validator(edgeconnect(width=2))()


def test_settings_tell_experiments_apart(data, shipped, monkeypatch):
    def settings(method, **flags):
        return lesson(monkeypatch, data, method, **flags)[2].settings

    joint = settings("joint")
    assert joint == {
        "task": "inpaint",
        "arch": "autoencoder",
        "method": "joint, s ~ U{1..30}, at most 10 pixels off the centre",
        "data_dir": "celeba64: 12 train, 4 validation, 4 test images of 64 x 64 (split by the folders train, val and "
        "test); validated on 4 others",
        "likelihood_weight": None,
        "boundary": False,
        "adversarial_weight": None,
    }
    for flags, name, value in (
        ({"boundary": True}, "boundary", True),
        ({"adversarial_weight": 0.1}, "adversarial_weight", 0.1),
        ({"holes": "strokes"}, "method", "joint, holes of random strokes"),
    ):
        assert settings("joint", **flags) == joint | {name: value}
    assert settings("naive_likelihood", likelihood_weight=10.0)["likelihood_weight"] == 10
    assert settings("joint", task="interp")["method"] == "joint, r ~ U[0, 0.75]"
    assert settings("reference")["method"] == "reference, s = 32, centred"


def test_models_are_named_by_what_they_are_trained_on(data, shipped, monkeypatch, tmp_path):
    stand_in.image_set(tmp_path / "sun" / "scenes64", 2, 1, 1)
    stand_in.image_set(tmp_path / "sun" / "SUN397" / "a", 2, 1, 1)
    stand_in.image_set(tmp_path / "mine", 2, 1, 1)

    def title(folder, **flags):
        return lesson(monkeypatch, folder, "joint", **flags)[0].name("joint")

    assert title(data) == "inpaint_celeba_joint"
    assert title(tmp_path / "sun", dataset="sun397") == "inpaint_sun397_joint"
    (tmp_path / "sun" / "SUN397").rename(tmp_path / "sun" / "other")
    assert title(tmp_path / "sun", dataset="sun397", task="interp") == "interp_scenes_joint"
    assert title(tmp_path / "mine", dataset="folder", arch="sft") == "inpaint_mine_sft_joint"
    # Where nothing of that name ships, the refusal says how to get the network that training starts from.
    for folder, dataset, name in (("sun", "sun397", "scenes"), ("mine", "folder", "mine")):
        command = f"python run_inpaint.py --mode train --task inpaint --method reference --dataset {dataset}"
        with pytest.raises(UsageError, match=f"inpaint_{name}_reference.*{command}"):
            run(tmp_path / folder, tmp_path / "run", "joint", dataset=dataset)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("task", "method", "flags", "words"),
    [
        ("interp", "centered", {}, "--method=centered: found --task=interp, expected reference, joint, on_demand"),
        ("inpaint", "joint", {"likelihood_weight": 1.0}, "--likelihood_weight: found with --method=joint, expected"),
        ("interp", "joint", {"boundary": True}, "--boundary: expected --task=inpaint"),
        (
            "inpaint",
            "naive_likelihood",
            {"boundary": True},
            "--boundary: .* another method than naive_",
        ),
        ("inpaint", "naive_likelihood", {"adversarial_weight": 1.0}, "--adversarial_weight: expected a method without"),
        ("inpaint", "joint", {"boundary": True, "adversarial_weight": 1.0}, "--adversarial_weight: .* no --boundary"),
        (
            "inpaint",
            "multitask",
            {"holes": "strokes"},
            "--holes=strokes: found --method=multitask, which needs square holes",
        ),
        (
            "inpaint",
            "on_demand",
            {"holes": "strokes"},
            "--holes=strokes: found --method=on_demand, which needs square holes",
        ),
        ("interp", "joint", {"holes": "strokes"}, "--holes=strokes: found --task=interp, expected inpaint"),
        ("inpaint", "on_demand", {"holes": "both"}, "--holes=both: found --method=on_demand, which needs square holes"),
        ("inpaint", "joint", {"dataset": "samples"}, "--dataset=samples: found test images only"),
    ],
)
def test_what_means_nothing_is_refused_before_any_data_is_read(tmp_path, task, method, flags, words):
    with pytest.raises(UsageError, match=words):
        run(tmp_path / "nowhere", tmp_path / "run", method, task, **flags)
    assert list(tmp_path.iterdir()) == []


def test_a_set_without_images_to_train_on_is_refused(shipped, tmp_path):
    stand_in.image_set(tmp_path / "celeba64", train=0, validation=0)
    with pytest.raises(UsageError, match="found celeba64: 0 train, 0 validation, 4 test .*, expected images to train"):
        run(tmp_path, tmp_path / "run", "reference")


# --- what is left behind


def test_a_dlnet_is_trained_and_described(data, shipped, tmp_path, capsys):
    folder = tmp_path / "run"
    model = run(data, folder, "dlnet_gradient", num_steps=2)
    assert isinstance(model, DLNet) and isinstance(model.update, GradientUpdate) and model.num_steps == 2
    assert model.name == "inpaint_celeba_dlnet_gradient"
    # The layers of the copy that was trained stay there.
    assert not {type(layer) for layer in model.backbone.layers} & {*FASTER.values()}
    files = sorted(path.name for path in folder.iterdir())
    assert files == [f"{model.name}.keras", f"{model.name}.md", "logs", "state.npz"]
    card = (folder / f"{model.name}.md").read_text()
    for words in (
        "celeba64: 12 train, 4 validation, 4 test images of 64 x 64",
        f"{BATCH} a step",
        "s ~ U{1..30}, at most 10 pixels off the centre",
        "the reference network",
        "cosine, Adam 0.001, seed 0",
        "g float32, z and h float32",
        "dB at s=25-30",
    ):
        assert words in card, words
    assert capsys.readouterr().out.count("dB") == 2 * 5
    events = read_events(folder / "logs")
    assert set(events) == {
        *("loss", "gradient_norm", "learning_rate", "images_per_second", "step_size/update0"),
        *(f"psnr/{label}" for label in HOLES),
        *(f"fidelity_{label}/step{k}" for label in HOLES for k in range(2)),
        *(f"degraded_restored_truth/{label}" for label in HOLES),
    }
    assert events["degraded_restored_truth/s=7-12"][STEPS].shape == (64, 3 * 64, 3)


@pytest.mark.slow
def test_a_dlnet_that_is_trained_on_keeps_its_step_sizes(data, shipped, tmp_path):
    source = DLNet(shipped, Masking(), 3, GradientUpdate(2.0), name="inpaint_celeba_dlnet_gradient")
    learned = np.random.default_rng(0).uniform(0.5, 1.5, source.update.factors.shape)
    source.update.factors.assign(learned)
    path = tmp_path / "inpaint_celeba_dlnet_gradient.keras"
    source.save(path)
    # So small a learning rate moves nothing.
    flags = {"checkpoint": str(path), "learning_rate": 1e-12, "num_steps": 4}
    model = run(data, tmp_path / "run", "dlnet_gradient", **flags)
    expected = 2.0 * learned[[0, 1, 1]]
    np.testing.assert_allclose(model.update.step_sizes, expected, rtol=1e-6)
    for before, after in zip(shipped.trainable_variables, model.backbone.trainable_variables, strict=True):
        np.testing.assert_allclose(after, before, atol=1e-6)


@pytest.mark.slow
def test_the_precision_is_timed_where_it_is_worth_it_and_a_resumed_run_keeps_it(data, shipped, tmp_path, monkeypatch):
    timed = []
    monkeypatch.setattr(training, "faster_precision", lambda *args: timed.append(args) or "mixed_bfloat16")
    folder = tmp_path / "run"
    run(data, folder, "joint", precision="auto")
    found = arrays_of(folder)
    assert len(timed) == 1 and notes_of(folder)["settings"]["precision"] == "mixed_bfloat16"
    card = (folder / "inpaint_celeba_joint.md").read_text()
    assert "g mixed_bfloat16 (the faster one where the run began), z and h float32" in card
    run(data, folder, "joint", precision="auto", train_steps=STEPS + 2, resume=True)
    run(data, folder, "joint", train_steps=STEPS + 4, resume=True)
    assert len(timed) == 1 and notes_of(folder)["settings"]["precision"] == "mixed_bfloat16"
    with pytest.raises(UsageError, match="--precision: found float32, expected mixed_bfloat16"):
        run(data, folder, "joint", precision="float32", train_steps=STEPS + 6, resume=True)
    # What is timed has the bits of what is asked for by name.
    run(data, tmp_path / "named", "joint", precision="mixed_bfloat16")
    for name, value in arrays_of(tmp_path / "named").items():
        np.testing.assert_array_equal(value, found[name])
    monkeypatch.setattr(training, "WORTH", STEPS)
    run(data, tmp_path / "usual", "joint")
    assert len(timed) == 2


def test_the_average_of_the_weights_is_on_the_card(data, shipped, tmp_path):
    folder = tmp_path / "run"
    model = run(data, folder, "joint", average=0.5)
    assert "of the weights, with a decay of 0.5 a step" in (folder / "inpaint_celeba_joint.md").read_text()
    arrays = arrays_of(folder)
    averaged = [name for name in arrays if name.startswith("average/")]
    assert len(averaged) == len(model.variables)
    with pytest.raises(UsageError, match="--average: found 0.0, expected 0.5"):
        run(data, folder, "joint", resume=True, train_steps=STEPS + 1)


@pytest.mark.slow
def test_the_quotas_of_on_demand_learning_follow_the_validations_and_outlive_the_run(
    data, shipped, tmp_path, monkeypatch
):
    used = []
    by_quota = inpaint_training.by_quota
    monkeypatch.setattr(inpaint_training, "by_quota", lambda *args: used.append(list(args[2])) or by_quota(*args))
    folder = tmp_path / "run"
    run(data, folder, "on_demand")
    notes = notes_of(folder)
    first, last = (list(entry["psnr"].values()) for entry in notes["history"])

    def shares(found):
        return np.asarray([1 / value for value in found]) / sum(1 / value for value in found) * BATCH

    assert len(used) == 2 and used[0] == [2] * 5
    for quotas, found in ((used[1], first), (notes["curriculum"], last)):
        assert sum(quotas) == BATCH and np.abs(quotas - shares(found)).max() < 1
    curves = read_events(folder / "logs")
    assert [curves[f"quota/subtask{n}"][STEPS] for n in range(1, 6)] == notes["curriculum"]

    # A run that continues takes them from its state; training would begin with others.
    with np.load(folder / "state.npz") as stored:
        arrays = dict(stored)
    kept = json.dumps(notes | {"curriculum": [1, 1, 1, 1, 6]}).encode()
    np.savez(folder / "state.npz", **arrays | {"notes": np.frombuffer(kept, np.uint8)})
    run(data, folder, "on_demand", resume=True, train_steps=STEPS + 1)
    assert used[2:] == [[1, 1, 1, 1, 6]]


def test_multi_task_learning_trains_with_the_boundary_weighted_loss(data, shipped, tmp_path):
    run(data, tmp_path / "run", "multitask", boundary=True)
    eta = arrays_of(tmp_path / "run")["objective/0000"]
    assert np.all(np.isfinite(eta)) and np.abs(eta).max() > 1e-4


@pytest.mark.slow
def test_the_log_variances_of_multi_task_learning_are_trained_and_outlive_the_run(data, shipped, tmp_path):
    folder = tmp_path / "run"
    run(data, folder, "multitask", "interp")
    arrays = arrays_of(folder)
    eta = arrays["objective/0000"]
    assert eta.shape == (30,) and np.abs(eta).max() > 1e-4
    curves = read_events(folder / "logs")
    for level, index in (("0", 0), ("0.225", 9), ("0.725", 29)):
        assert curves[f"eta/level={level}"][STEPS] == pytest.approx(eta[index])
    with np.load(folder / "state.npz") as stored:
        everything = dict(stored)
    np.savez(folder / "state.npz", **everything | {"objective/0000": np.full(30, 3, np.float32)})
    run(data, folder, "multitask", "interp", resume=True, train_steps=STEPS + 1)
    np.testing.assert_allclose(arrays_of(folder)["objective/0000"], 3, atol=0.01)


def test_an_adversarial_loss_trains_its_discriminator_too(data, shipped, tmp_path):
    folder = tmp_path / "run"
    model = run(data, folder, "joint", adversarial_weight=0.1, train_steps=1)
    # The file that ships is the network alone.
    assert model.name == "autoencoder" and model.count_params() == shipped.count_params()
    arrays = arrays_of(folder)
    parts = [arrays[name] for name in sorted(arrays) if name.startswith("objective/")]
    assert [part.shape[-1] for part in parts[::2]] == [64, 128, 256, 512, 1]
    # Biases begin at zero.
    assert all(np.abs(part).max() > 0 for part in parts[1::2])


@pytest.mark.slow
def test_a_network_that_takes_the_mask_is_trained_as_a_dlnet(data, shipped, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(BACKBONES, "sft", lambda: sft(width=2))
    folder = tmp_path / "run"
    flags = {"checkpoint": "none", "num_steps": 2, "train_steps": 1, "batch_size": 2, "output_dir": folder}
    train_model(Inpainting("inpaint", arch="sft"), options(data, "dlnet", **flags))
    model = keras_models.load(folder / "inpaint_celeba_sft_dlnet.keras")
    assert isinstance(model, DLNet) and keras_models.backbone_of(model).name == "sft"


def test_a_run_goes_on_with_its_own_settings_only(data, shipped, tmp_path):
    folder = tmp_path / "run"
    run(data, folder, "naive_likelihood", train_steps=1)
    before = (folder / "state.npz").read_bytes()
    for flag, value, found in (
        ("likelihood_weight", 100.0, "--likelihood_weight: found 100.0, expected 10000.0 as in the run of"),
        ("holes", "strokes", "--method: found naive_likelihood, holes of random strokes, expected naive_likelihood, s"),
    ):
        with pytest.raises(UsageError, match=found):
            run(data, folder, "naive_likelihood", train_steps=1, resume=True, **{flag: value})
    assert (folder / "state.npz").read_bytes() == before


def test_images_that_are_restored_perfectly_do_not_stop_a_run(data, shipped, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(inpaint_training, "psnr", lambda restored, clean: np.full(len(clean), np.inf))
    run(data, tmp_path / "run", "reference", train_steps=1)
    assert "100.00 dB" in capsys.readouterr().out
