"""Loading what is a model, refusing what is not, and changing the precision of g."""

import io
import json
import re
import zipfile

import h5py
import keras
import numpy as np
import pytest

from dlnet_tf import keras_models
from dlnet_tf.backbones import idn
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate
from tests import stand_in

INPUTS = {
    "degraded": np.random.default_rng(0).random((2, 7, 6, 1)).astype("float32"),
    "blur_width": np.array([0.4, 2.0], "float32"),
}


def dlnet(rule=None, network=None):
    keras.utils.set_random_seed(0)
    return DLNet(network or stand_in.idn(), BlurDownsample(3), 3, rule or GradientUpdate(4.0))


def idn16():
    keras.utils.set_random_seed(1)
    return idn(width=16)


def restore(model):
    return np.asarray(model(keras_models.pick_inputs(model, INPUTS), training=False))


def refusal(path):
    with pytest.raises(UsageError) as caught:
        keras_models.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message and len(message) < len(str(path)) + 200
    return message


@pytest.mark.parametrize("make", [stand_in.idn, dlnet, lambda: dlnet(AdamUpdate(0.01))])
def test_what_was_saved_is_loaded(tmp_path, make):
    model = make()
    model.save(tmp_path / "model.keras")
    loaded = keras_models.load(str(tmp_path / "model.keras"))
    assert type(loaded) is type(model) and not loaded.compiled
    np.testing.assert_array_equal(restore(loaded), restore(model))


def test_how_a_model_was_trained_is_no_matter(tmp_path):
    model = stand_in.idn()
    schedule = keras.optimizers.schedules.CosineDecay(1e-3, decay_steps=10_000)

    def loss(clean, restored):  # registered by nobody: Keras cannot rebuild it
        return keras.ops.mean(keras.ops.square(clean - restored))

    model.compile(keras.optimizers.Adam(schedule), loss)
    model.save(tmp_path / "model.keras")
    loaded = keras_models.load(tmp_path / "model.keras")
    np.testing.assert_array_equal(restore(loaded), restore(model))


def test_layers_may_share_what_keras_knows_by_its_address(tmp_path):
    y = keras.Input((None, None, 1), name="degraded")
    z = keras.layers.Conv2D(2, 3, padding="same", name="z")(y)
    network = keras.Model(y, keras.layers.Conv2D(9, 3, padding="same")(z))
    restored = keras.layers.Conv2DTranspose(1, 3, strides=3)(network.output)
    model = dlnet(network=keras.Model(y, restored))
    model.save(tmp_path / "model.keras")
    assert b"shared_object_id" in zipfile.ZipFile(tmp_path / "model.keras").read("config.json")
    np.testing.assert_array_equal(restore(keras_models.load(tmp_path / "model.keras")), restore(model))


def test_missing_files_and_garbage_are_refused(tmp_path):
    assert "no such file" in refusal(tmp_path / "missing.keras")
    assert "no such file" in refusal(tmp_path)
    whole = tmp_path / "model.keras"
    stand_in.idn().save(whole)
    data = whole.read_bytes()
    for name, content in {"empty": b"", "text": b"hello", "cut": data[: len(data) // 2], "zeros": bytes(999)}.items():
        path = tmp_path / f"{name}.keras"
        path.write_bytes(content)
        assert "cannot be loaded" in refusal(path)
    whole.rename(tmp_path / "model.png")
    assert "cannot be loaded" in refusal(tmp_path / "model.png")


def test_code_in_a_checkpoint_is_not_run(tmp_path):
    ran = tmp_path / "ran"
    path = tmp_path / "lambda.keras"
    image = keras.Input((4, 4, 1), name="degraded")
    function = eval(f"lambda x: (open({str(ran)!r}, 'w').close(), x)[1]")
    model = keras.Model(image, keras.layers.Lambda(function, output_shape=(4, 4, 1))(image))
    ran.unlink(missing_ok=True)
    model.save(path)
    assert "cannot be loaded" in refusal(path) and not ran.exists()


def test_a_class_of_somewhere_else_is_refused(tmp_path):
    path = tmp_path / "model.keras"
    stand_in.idn().save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    config["config"]["layers"][1] |= {"module": "subprocess", "class_name": "Popen", "registered_name": None}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (parts | {"config.json": json.dumps(config)}).items():
            archive.writestr(name, content)
    assert "cannot be loaded" in refusal(path)


def test_the_backbone_and_its_inputs():
    model = dlnet()
    assert (
        keras_models.backbone_of(model) is model.backbone and keras_models.backbone_of(model.backbone) is model.backbone
    )
    assert set(keras_models.pick_inputs(model, INPUTS)) == {"degraded", "blur_width"}
    assert set(keras_models.pick_inputs(model.backbone, INPUTS)) == {"degraded"}


@pytest.mark.parametrize("make", [idn16, lambda: dlnet(None, idn16()), lambda: dlnet(AdamUpdate(0.01), idn16())])
def test_another_precision_keeps_the_weights_and_what_comes_after_g(make):
    model = make()
    copy = keras_models.with_precision(model, "mixed_bfloat16")
    for a, b in zip(model.get_weights(), copy.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not {id(v) for v in model.variables} & {id(v) for v in copy.variables}
    network = keras_models.backbone_of(copy)
    policies = {layer.name: layer.compute_dtype for layer in network.layers if isinstance(layer, keras.layers.Layer)}
    after, reads = {"z", "z_act", "upscale", "bicubic", "restored"}, {network.layers[1].name}
    assert {name for name, dtype in policies.items() if dtype == "float32"} - {"degraded"} == after | reads
    assert all(variable.dtype == "float32" for variable in copy.variables)
    restored, expected = restore(copy), restore(model)
    assert restored.dtype == np.float32
    assert 0 < np.abs(restored - expected).max() < 0.05

    # Back in float32 nothing is left of it.
    again = keras_models.with_precision(copy, "float32")
    np.testing.assert_array_equal(restore(again), expected)
    if isinstance(model, DLNet):
        assert type(again.update) is type(model.update) and again.num_steps == model.num_steps
        assert again.name == model.name


def test_what_reads_the_observation_is_found_through_concatenations_and_shared_layers():
    y, e = keras.Input((8, 8, 1), name="degraded"), keras.Input((8, 8, 1), name="edges")
    shared = keras.layers.Conv2D(1, 3, padding="same", name="shared")
    x = keras.layers.Conv2D(1, 3, padding="same", name="first")(keras.layers.Concatenate(name="join")([y, e]))
    x = keras.layers.Conv2D(1, 3, padding="same", name="second")(x)
    network = keras.Model([y, e], keras.layers.Add(name="sum")([shared(x), shared(y)]))
    assert keras_models.readers(network) == {"join", "first", "shared"}


def test_a_dlnet_that_is_split_elsewhere_keeps_its_own_cut():
    model = DLNet(stand_in.idn(), BlurDownsample(3), 2, GradientUpdate(4.0), layer="features")
    copy = keras_models.with_precision(model, "mixed_bfloat16")
    assert copy.layer == "features"
    # Nothing comes before the first convolution, so that all is as it was.
    assert {layer.compute_dtype for layer in copy.backbone.layers if layer.name != "degraded"} == {"float32"}
    np.testing.assert_array_equal(restore(copy), restore(model))


def repacked(path, change, *names, model=None):
    """A checkpoint of a model, by default a small network, with a changed configuration and other members."""
    (model or stand_in.idn()).save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    change(config)
    parts["config.json"] = json.dumps(config)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (parts | dict(names)).items():
            archive.writestr(name, content)
    return path


def unchanged(config):
    pass


def rename_modules(value):
    """Give every part of a configuration that the package made a module that is no longer there."""
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        rename_modules(part)
    if isinstance(value, dict) and str(value.get("module")).startswith("dlnet_tf."):
        value["module"] = "dlnet_tf.of_old"


@pytest.mark.parametrize("rule", [AdamUpdate(0.01), GradientUpdate(4.0)])
def test_a_file_loads_though_its_classes_have_moved(tmp_path, rule):
    model = dlnet(rule)
    path = repacked(tmp_path / "model.keras", rename_modules, model=model)
    with zipfile.ZipFile(path) as archive:
        assert archive.read("config.json").count(b'"dlnet_tf.of_old"') > 3
    np.testing.assert_array_equal(restore(keras_models.load(path)), restore(model))


def with_links(kind):
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        if kind == "link":
            file["layers"] = h5py.ExternalLink("other.h5", "/")
        elif kind == "data":
            file.create_dataset("x", (8,), "f4", external=[("other", 0, 32)])
        else:
            file.create_dataset("x", (40960, 40960), "f4", chunks=(1024, 1024), compression="gzip")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("change", "members", "words"),
    [
        (lambda config: config["config"]["layers"][1]["config"].update(filters=10**6), (), "the number 1000000 in"),
        (lambda config: config["config"]["layers"][2]["config"].update(kernel_size=[2000, 2000]), (),
         "a network of 512,.* bytes, expected at most 134,217,728"),
        (unchanged, (("assets/../../evil", b"x"),), "found 'assets/../../evil' in it"),
        (unchanged, (("config.json", b"0" * 2**23 + b"1"),), "a configuration of more than 8,388,608 bytes"),
        (unchanged, (("metadata.json", bytes(2**27)),), "134,.* bytes unpacked, expected at most 134,217,728"),
        (unchanged, (("model.weights.h5", with_links("link")),), "'layers' in model.weights.h5 is no array of numbers"),
        (unchanged, (("model.weights.h5", with_links("data")),), "'x' in model.weights.h5 is no array of numbers"),
        (unchanged, (("model.weights.h5", with_links("large")),), "weights of 6,710,886,400 bytes"),
        (unchanged, (("config.json", "[" * 100 + "]" * 100),), "nested more than 64 deep"),
        (unchanged, (("config.json", json.dumps(
            {"module": "keras.layers", "class_name": "InputLayer", "registered_name": None,
             "config": {"batch_shape": [1, 9, 9, 1], "name": "x"}})),), "found a InputLayer, expected a model"),
    ],
)  # fmt: skip
def test_what_a_small_file_asks_for_is_refused_before_it_is_given(tmp_path, change, members, words):
    path = repacked(tmp_path / "model.keras", change, *members)
    assert re.search(words, refusal(path))


@pytest.mark.parametrize(
    ("module", "name", "config"),
    [
        ("subprocess", "Popen", {"args": ["touch", "ran"]}),
        ("os", "system", {"command": "touch ran"}),
        ("keras.utils", "get_file", {"fname": "ran", "origin": "file:///etc/hostname"}),
        ("keras.layers", "TFSMLayer", {"filepath": "saved"}),
        ("keras.layers", "StringLookup", {"vocabulary": "/etc/hostname"}),
        ("keras.config", "enable_unsafe_deserialization", {}),
        ("dlnet_tf.files", "write_text", {"path": "ran", "text": "x"}),
    ],
)
def test_functions_and_layers_that_reach_outside_are_refused(tmp_path, monkeypatch, module, name, config):
    monkeypatch.chdir(tmp_path)

    def change(whole):
        whole["config"]["layers"][1] |= {"module": module, "class_name": name, "registered_name": None}
        whole["config"]["layers"][1]["config"] = config

    path = repacked(tmp_path / "model.keras", change)
    assert "cannot be loaded" in refusal(path)
    assert [found.name for found in tmp_path.iterdir()] == ["model.keras"]
