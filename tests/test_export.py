"""SavedModels that know nothing of this package."""

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.errors import UsageError
from dlnet_tf.export import export
from dlnet_tf.likelihood import DLNet, GradientUpdate
from tests import stand_in

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
    return DLNet(stand_in.idn(), BlurDownsample(3), 3, GradientUpdate(4.0))


def test_a_saved_model_gives_the_same_images_without_this_package(tmp_path):
    random = np.random.default_rng(0)
    for name, model in {"backbone": network(), "dlnet": dlnet()}.items():
        export(model, tmp_path / name)
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
        with pytest.raises(UsageError, match="exists; --overwrite replaces it"):
            export(network(), tmp_path / name)
        # Even then: it is no SavedModel.
        with pytest.raises(UsageError, match="exists and is no SavedModel"):
            export(network(), tmp_path / name, overwrite=True)
    with pytest.raises(UsageError, match="is no folder that can be written to"):
        export(network(), tmp_path / "file" / "below", overwrite=True)
    assert (tmp_path / "photos" / "a.jpg").read_bytes() == (tmp_path / "file").read_bytes() == b"precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "photos"]


def test_overwriting_replaces_a_saved_model(tmp_path):
    target = tmp_path / "models" / "idn"
    export(network(), target)
    export(dlnet(), target, overwrite=True)
    inputs = tf.saved_model.load(str(target)).signatures["serving_default"].structured_input_signature[1]
    assert set(inputs) == {"degraded", "blur_width"}
    assert [path.name for path in target.parent.iterdir()] == ["idn"]


@pytest.mark.parametrize("fails", ["save", "rename"])
def test_an_export_that_fails_leaves_the_old_one(fails, tmp_path, monkeypatch):
    export(network(), tmp_path / "idn")
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
        export(dlnet(), tmp_path / "idn", overwrite=True)
    assert set(tf.saved_model.load(tmp_path / "idn").signatures["serving_default"].structured_input_signature[1]) == {
        "degraded"
    }
    assert [path.name for path in tmp_path.iterdir()] == ["idn"]
