"""SavedModels and LiteRT files that know nothing of this package."""

import json
import os
import re
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.degradations import BlurDownsample, Masking
from dlnet_tf.errors import UsageError
from dlnet_tf.export import check, export
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate, NeutralStart
from dlnet_tf.likelihood.plain_network import described
from tests import stand_in
from tests.conftest import ROOT

# What a user without the package runs: every case of an .npz file through the SavedModel beside it.
FOREIGN = """
import pathlib, sys
import numpy as np, tensorflow as tf
try:
    import dlnet_tf
    sys.exit("the package is there")
except ImportError:
    pass
for folder in sorted(pathlib.Path(sys.argv[1]).glob("*/")):
    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    print(folder.name, sorted(serve.structured_input_signature[1]), sorted(serve.structured_outputs))
    for path in sorted(pathlib.Path(sys.argv[1]).glob(folder.name + "*.npz")):
        with np.load(path) as case:
            inputs = {name: tf.constant(case[name]) for name in case.files if name != "restored"}
            print(path.name, float(np.abs(serve(**inputs)["restored"] - case["restored"]).max()))
"""


def network():
    return stand_in.idn()


def dlnet():
    return DLNet(stand_in.idn(), BlurDownsample(3), 3, GradientUpdate(4.0, damping=None))


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """(folder, model, what the check found): a DL-Net as a SavedModel, for the tests that only read it."""
    model, folder = dlnet(), tmp_path_factory.mktemp("exported") / "dlnet"
    return folder, model, export(model, folder)


@pytest.mark.slow
def test_a_saved_model_gives_the_same_images_without_this_package(tmp_path, exported):
    random = np.random.default_rng(0)
    backbone = network()
    export(backbone, tmp_path / "backbone", check=False)
    (tmp_path / "dlnet").symlink_to(exported[0])
    for name, model in {"backbone": backbone, "dlnet": exported[1]}.items():
        for batch, height, width in ((1, 9, 14), (3, 12, 5)):
            inputs = {"degraded": random.random((batch, height, width, 1), "float32")}
            if name == "dlnet":
                inputs["blur_width"] = np.linspace(0, 2.6, batch, dtype="float32")
            restored = np.asarray(model(inputs, training=False))
            np.savez(tmp_path / f"{name}_{batch}.npz", restored=restored, **inputs)
    done = subprocess.run(
        [sys.executable, "-I", "-c", FOREIGN, str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "backbone ['degraded'] ['restored']"
    assert lines[3] == "dlnet ['blur_width', 'degraded'] ['restored']"
    cases = dict(line.split() for line in lines[1:3] + lines[4:])
    assert set(cases) == {"backbone_1.npz", "backbone_3.npz", "dlnet_1.npz", "dlnet_3.npz"}
    assert all(float(error) <= 1e-5 for error in cases.values()), cases


def test_targets_that_exist_are_kept(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"precious")
    (tmp_path / "file").write_bytes(b"precious")
    for name in ("photos", "file"):
        with pytest.raises(UsageError, match="exists; give --overwrite to replace it"):
            export(network(), tmp_path / name)
        # Even then: it is not a SavedModel.
        with pytest.raises(UsageError, match="exists and is not a SavedModel"):
            export(network(), tmp_path / name, overwrite=True)
    with pytest.raises(UsageError, match="is not a writable folder"):
        export(network(), tmp_path / "file" / "below", overwrite=True)
    assert (tmp_path / "photos" / "a.jpg").read_bytes() == (tmp_path / "file").read_bytes() == b"precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "photos"]


def names_of_inputs(folder):
    return set(tf.saved_model.load(folder).signatures["serving_default"].structured_input_signature[1])


def test_overwriting_replaces_a_saved_model(tmp_path, exported):
    target = tmp_path / "models" / "idn"
    shutil.copytree(exported[0], target)
    export(network(), target, overwrite=True, check=False)
    assert names_of_inputs(target) == {"degraded"} != names_of_inputs(exported[0])
    assert [path.name for path in target.parent.iterdir()] == ["idn"]


@pytest.mark.parametrize("fails", ["save", "rename"])
def test_an_export_that_fails_leaves_the_old_one(fails, tmp_path, monkeypatch, exported):
    shutil.copytree(exported[0], tmp_path / "idn")
    rename = os.rename

    def broken(source, target):
        if os.path.basename(source) == "new":
            raise OSError("no luck")
        rename(source, target)

    if fails == "rename":
        monkeypatch.setattr(os, "rename", broken)
    else:
        monkeypatch.setattr(tf.saved_model, "save", lambda *args, **kwargs: broken("new", None))
    with pytest.raises(UsageError, match="idn: cannot be written .no luck"):
        export(network(), tmp_path / "idn", overwrite=True, check=False)
    assert names_of_inputs(tmp_path / "idn") == {"degraded", "blur_width"}
    assert [path.name for path in tmp_path.iterdir()] == ["idn"]


def test_the_check_runs_every_signature_in_another_process(exported):
    folder, _, difference = exported
    assert difference <= 1e-5
    assert sorted(tf.saved_model.load(folder).signatures) == ["kernel", "serving_default"]


def test_what_the_check_finds_is_not_put_in_the_place_of_the_old_one(tmp_path, monkeypatch):
    (tmp_path / "idn.tflite").write_bytes(b"old")

    def other(path, examples):
        return {name: np.asarray(model(inputs)) + 2e-5 for name, inputs in examples.items()}

    monkeypatch.setattr(check, "_run", other)
    model = network()
    for name in ("idn", "idn.tflite"):
        with pytest.raises(UsageError, match="found a difference of 2.0e-05 between signature serving_default"):
            export(model, tmp_path / name, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["idn.tflite"]
    assert (tmp_path / "idn.tflite").read_bytes() == b"old"


def test_adam_may_differ_in_few_pixels():
    # How many of 1000 pixels differ, and by how much.
    gamma = 1e-3
    for rule, count, difference, close in (
        (AdamUpdate(gamma), 10, 2 * gamma, True),
        (AdamUpdate(gamma), 11, 2 * gamma, False),
        (AdamUpdate(gamma), 999, 0.03 * gamma, True),
        (AdamUpdate(gamma), 1, 1 / 250, False),
        (GradientUpdate(1.0), 1, 2e-5, False),
    ):
        distance = np.zeros(1000)
        distance[:count] = difference
        model = DLNet(stand_in.idn(), BlurDownsample(3), 2, rule)
        assert described(model).update.is_rounding(distance) == close, (rule, count, difference)


def test_what_cannot_be_run_is_told_in_one_line(tmp_path):
    (tmp_path / "x.tflite").write_bytes(b"no such file")
    inputs = {"degraded": keras.InputSpec(shape=(1, 4, 4, 1))}
    with pytest.raises(UsageError, match="x.tflite: cannot be run in a separate process .*") as refusal:
        check.check_written(network(), tmp_path / "x.tflite", {"serving_default": inputs})
    assert "\n" not in str(refusal.value)


def test_a_request_as_tensorflow_serving_reads_it(exported):
    """JSON with columns by name, through the signatures of those names."""
    folder, model, _ = exported
    signatures = tf.saved_model.load(folder).signatures
    y = np.random.default_rng(0).random((2, 6, 5, 1)).astype("float32")
    kernel = np.random.default_rng(1).random((2, 7, 7)).astype("float32")
    kernel /= kernel.sum(axis=(1, 2), keepdims=True)
    for name, parameter in (("serving_default", {"blur_width": [0.5, 2.0]}), ("kernel", {"kernel": kernel.tolist()})):
        request = json.dumps({"signature_name": name, "inputs": {"degraded": y.tolist()} | parameter})
        decoded = json.loads(request)
        inputs = {key: np.array(value, "float32") for key, value in decoded["inputs"].items()}
        outputs = signatures[decoded["signature_name"]](**{key: tf.constant(value) for key, value in inputs.items()})
        answer = np.array(
            json.loads(json.dumps({key: value.numpy().tolist() for key, value in outputs.items()}))["restored"]
        )
        np.testing.assert_allclose(answer, model(inputs, training=False), atol=1e-5)


def test_the_request_on_the_page_about_serving(exported):
    page = (ROOT / "docs" / "serving.md").read_text("utf-8")
    request = json.loads(re.search(r"```json\n(.*?)```", page, flags=re.S)[1])
    serve = tf.saved_model.load(exported[0]).signatures[request["signature_name"]]
    restored = serve(**{name: tf.constant(value, tf.float32) for name, value in request["inputs"].items()})["restored"]
    assert restored.shape == (1, 6, 6, 1)


def litert(path):
    with pytest.warns(UserWarning, match="deprecated"):
        return tf.lite.Interpreter(str(path)).get_signature_runner()


@pytest.mark.parametrize("rule", [None, AdamUpdate(1e-3), GradientUpdate(4.0)], ids=["plain", "adam", "gradient"])
def test_litert_gives_the_same_image(tmp_path, rule):
    model = DLNet(stand_in.idn(smooth=True), BlurDownsample(3), 3, rule) if rule else network()
    assert export(model, tmp_path / "idn.tflite", check=False) is None
    inputs = {"degraded": stand_in.photograph(0, 64, 64)[None, ..., :1].astype("float32") / 255}
    if rule:
        inputs["blur_width"] = np.array([1.3], "float32")
    restored = litert(tmp_path / "idn.tflite")(**inputs)["restored"]
    difference = np.abs(restored - np.asarray(model(inputs, training=False)))
    assert model.update.is_rounding(difference) if rule else difference.max() <= 1e-5


@pytest.mark.slow
def test_litert_undoes_a_blur_as_exactly_as_float32_can(tmp_path):
    model = DLNet(stand_in.idn(smooth=True), BlurDownsample(3), 3, GradientUpdate())
    assert 0 < export(model, tmp_path / "idn.tflite") <= 1e-3
    # Without a start the steps undo it all the same.
    plain = DLNet(stand_in.idn(smooth=True), BlurDownsample(3), 3, GradientUpdate(), start=None)
    export(plain, tmp_path / "plain.tflite", check=False)
    inputs = {"degraded": stand_in.photograph(0, 64, 64)[None, ..., :1].astype("float32") / 255}
    for name, of in {"idn": model, "plain": plain}.items():
        for u in (0.0, 1.3, 2.6):
            inputs["blur_width"] = np.array([u], "float32")
            restored = litert(tmp_path / f"{name}.tflite")(**inputs)["restored"]
            np.testing.assert_allclose(restored, of(inputs, training=False), atol=2e-5)


@pytest.mark.parametrize("damping", [None, pytest.param("auto", marks=pytest.mark.slow)])
def test_litert_of_another_size_and_parameter(tmp_path, damping):
    model = DLNet(stand_in.idn(), BlurDownsample(3), 3, GradientUpdate(4.0, damping=damping))
    shapes = {"degraded": (1, 9, 12, 1), "kernel": (1, 5, 5)}
    signature = {name: keras.InputSpec(shape=shape, dtype="float32") for name, shape in shapes.items()}
    export(model, tmp_path / "idn.tflite", input_signature=signature, check=False)
    inputs = {name: np.random.default_rng(0).random(shape).astype("float32") for name, shape in shapes.items()}
    restored = litert(tmp_path / "idn.tflite")(**inputs)["restored"]
    np.testing.assert_allclose(restored, model(inputs, training=False), atol=1e-3 * np.abs(restored).max())


def test_what_litert_lacks_is_named(tmp_path, capfd):
    degraded = keras.Input((64, 64, 3), name="degraded")
    x = keras.layers.Conv2D(4, 3, padding="same", name="z")(degraded)
    x = keras.layers.Conv2D(3, 3, padding="same")(keras.layers.Activation("relu")(x))
    model = DLNet(keras.Model({"degraded": degraded}, x), Masking(), 2, GradientUpdate(0.1))
    with pytest.raises(UsageError, match="cannot be converted to LiteRT, which lacks ReluGrad"):
        export(model, tmp_path / "x.tflite")
    half = DLNet(stand_in.idn(precision="mixed_bfloat16"), BlurDownsample(3), 2, GradientUpdate(0.1))
    with pytest.raises(UsageError, match="half precision, expected --precision=float32"):
        export(half, tmp_path / "x.tflite")
    assert not list(tmp_path.iterdir()) and capfd.readouterr().err == ""


def test_a_backbone_that_takes_the_blur_width_itself_has_one_signature(tmp_path):
    degraded = keras.Input((None, None, 1), name="degraded")
    width = keras.Input((), name="blur_width")
    z = keras.layers.Conv2D(4, 3, padding="same", name="z")(degraded)
    x = keras.layers.Conv2D(1, 1)(z) * keras.ops.reshape(1 + width, (-1, 1, 1, 1))
    model = DLNet(keras.Model({"degraded": degraded, "blur_width": width}, x), BlurDownsample(1), 2, step_size=1e-3)
    export(model, tmp_path / "model", check=False)
    signatures = tf.saved_model.load(tmp_path / "model").signatures
    assert list(signatures) == ["serving_default"]
    inputs = {"degraded": tf.fill((2, 5, 4, 1), 0.5), "blur_width": tf.constant([0.0, 2.0])}
    served = signatures["serving_default"](**inputs)["restored"]
    np.testing.assert_allclose(served, model(inputs, training=False), atol=1e-5)


def test_a_request_with_one_parameter_for_a_batch_is_served_and_a_wrong_number_refused(exported):
    assert_one_serves_a_batch(*exported[:2])


def test_a_request_with_a_kernel_that_is_not_odd_and_square_is_refused(exported):
    serve = tf.saved_model.load(exported[0]).signatures["kernel"]
    degraded = tf.constant(np.random.default_rng(0).random((2, 8, 8, 1), "float32"))
    right = {"degraded": degraded, "kernel": tf.fill((2, 5, 5), 0.04)}
    before = serve(**right)["restored"]
    for sides in ((4, 4), (3, 5), (5, 3), (0, 0)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="kernel: found shape.*expected .batch, k, k. with"):
            serve(degraded=degraded, kernel=tf.fill((2, *sides), 0.04))
    np.testing.assert_array_equal(serve(**right)["restored"], before)


@pytest.mark.slow
def test_with_a_start_and_damping_too(tmp_path):
    model = DLNet(network(), BlurDownsample(3), 2, GradientUpdate(damping="auto"), start=NeutralStart())
    export(model, tmp_path / "model", check=False)
    assert_one_serves_a_batch(tmp_path / "model", model)


def assert_one_serves_a_batch(folder, model):
    signatures = tf.saved_model.load(folder).signatures
    degraded = tf.constant(np.random.default_rng(0).random((3, 8, 8, 1), "float32"))
    for signature, name, one in (
        ("serving_default", "blur_width", tf.constant([1.3])),
        ("kernel", "kernel", tf.constant(np.full((1, 5, 5), 0.04, "float32"))),
    ):
        serve = signatures[signature]
        served = serve(degraded=degraded, **{name: one})["restored"]
        np.testing.assert_allclose(served, model({"degraded": degraded, name: tf.repeat(one, 3, axis=0)}), atol=1e-5)
        with pytest.raises(tf.errors.InvalidArgumentError):
            serve(degraded=degraded, **{name: tf.repeat(one, 2, axis=0)})
        # The process lives, and serves as before.
        np.testing.assert_array_equal(serve(degraded=degraded, **{name: one})["restored"], served)


def test_a_layer_that_has_to_know_sizes_is_exported_for_one(tmp_path):
    inputs = keras.Input((None, None, 1), name="degraded")
    model = keras.Model(
        {"degraded": inputs}, keras.layers.UpSampling2D(2, interpolation="bilinear")(inputs), name="mine"
    )
    with pytest.raises(UsageError, match="mine: found a layer that has to know .* expected an input_signature of one"):
        export(model, tmp_path / "served")
    signature = {"degraded": keras.InputSpec(shape=(None, 8, 6, 1), dtype="float32")}
    export(model, tmp_path / "served", input_signature=signature, check=False)
