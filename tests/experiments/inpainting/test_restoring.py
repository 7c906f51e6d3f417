"""Restoring photographs of one's own, and export, with small networks."""

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf import zoo
from dlnet_tf.backbones import autoencoder, sft
from dlnet_tf.degradations import Masking
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.exporting import export_model
from dlnet_tf.experiments.inpainting import restoring
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.experiments.inpainting.options import Filling
from dlnet_tf.experiments.inpainting.restoring import restore
from dlnet_tf.imagefiles.images import read_image
from dlnet_tf.imagefiles.photographs import read_photograph
from dlnet_tf.likelihood import AdamUpdate, DLNet
from dlnet_tf.options import ExportOptions
from dlnet_tf.restoration import Restorer, inpaint
from tests import stand_in

MASK = np.zeros((90, 100), np.uint8)
MASK[20:50, 30:55] = 255


def write(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image if image.ndim == 2 else image[..., ::-1])


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    keras.utils.set_random_seed(2)
    for build, name in ((autoencoder, "inpaint_celeba"), (autoencoder, "interp_celeba"), (sft, "inpaint_celeba_sft")):
        network = build(width=4)
        (folder / "checkpoints").mkdir(exist_ok=True)
        network.save(folder / "checkpoints" / f"{name}_joint.keras")
        update = AdamUpdate(0.01)
        DLNet(network, Masking(), 3, update).save(folder / "checkpoints" / f"{name}_dlnet.keras")
    write(folder / "photos" / "colour.png", stand_in.photograph(3, 90, 100))
    write(folder / "photos" / "below" / "gray.png", stand_in.photograph(4, 40, 70, colour=False))
    write(folder / "masks" / "colour.bmp", MASK)
    write(folder / "masks" / "below" / "gray.jpg", MASK[:40, :70])
    write(folder / "mask.png", MASK)
    return folder


@pytest.fixture
def application(home, monkeypatch, tmp_path):
    """Calls the function of that name with flags; files are those of `home`, outputs go to a folder of the test."""
    monkeypatch.setattr(zoo, "CHECKPOINTS", home / "checkpoints")

    def call(name, task="inpaint", arch="autoencoder", **flags):
        for key, folder in {"input": home, "mask": home, "output": tmp_path}.items():
            if flags.get(key):
                flags[key] = folder / flags[key]
        if flags.get("input"):
            flags["input"] = str(flags["input"])
        run, kind = {"restore": (restore, Filling), "export_model": (export_model, ExportOptions)}[name]
        run(Inpainting(task, "celeba", arch), kind(**flags))

    return call


def test_a_mask_is_read_and_its_windows_are_planned_once_while_there_is_room(application, tmp_path, monkeypatch):
    calls = []
    for name in ("read_mask", "layout_of"):
        of = getattr(restoring, name)
        monkeypatch.setattr(restoring, name, lambda *args, of=of: calls.append(of.__name__) or of(*args))
    once = ["read_mask", "layout_of"]
    application("restore", input="photos/colour.png", mask="mask.png", output="out.png")
    assert calls == once
    application("restore", input="photos", mask="masks", output="out")
    assert calls == once * 3
    # There is room for the first mask, and for the second none.
    with monkeypatch.context() as patched:
        patched.setattr(restoring.Room, "take", lambda self, size: size <= 40 * 70 * 8)
        application("restore", input="photos", mask="masks", output="again")
    assert calls == once * 6
    # One mask for all photographs of a size.
    calls.clear()
    for name in ("a.png", "b.png"):
        write(tmp_path / "alike" / name, stand_in.photograph(5, 90, 100))
    application("restore", input=tmp_path / "alike", mask="mask.png", output="alike_out")
    assert calls == once
    for path in (tmp_path / "out").rglob("*.png"):
        again = tmp_path / "again" / path.relative_to(tmp_path / "out")
        np.testing.assert_array_equal(read_image(path), read_image(again))


@pytest.mark.parametrize("task", ["inpaint", "interp"])
def test_photographs_of_a_folder_are_restored(application, home, tmp_path, capsys, task):
    application("restore", task, input="photos", mask="masks", output="out")
    lines = capsys.readouterr().out.splitlines()
    how = "1 hole at full size" if task == "inpaint" else "12 overlapping tiles"
    assert f"{tmp_path}/out/colour.png  (100 x 90, {task}_celeba_dlnet: {how})" in lines
    assert any("gray.jpg: not quite black and white (JPEG?), thresholded at 0.5" in line for line in lines)
    restorer = Restorer(keras.saving.load_model(home / "checkpoints" / f"{task}_celeba_dlnet.keras"))
    for name, mask in (("colour", MASK), ("below/gray", MASK[:40, :70])):
        image = read_image(home / "photos" / f"{name}.png")
        expected, _ = inpaint(restorer, image, (mask[..., None] == 0).astype(np.float32), task)
        restored = read_image(tmp_path / "out" / f"{name}.png")
        assert restored.shape == image.shape
        assert np.abs(restored.astype(int) - expected).max() <= 1
        np.testing.assert_array_equal(restored[mask == 0], image[mask == 0])


@pytest.mark.parametrize(("arch", "method"), [("autoencoder", "joint"), ("sft", "joint"), ("sft", "dlnet")])
def test_one_photograph_with_other_networks(application, home, tmp_path, capsys, arch, method):
    paths = {"input": "photos/colour.png", "mask": "mask.png"}
    application("restore", arch=arch, method=method, output="a.png", **paths)
    name = "inpaint_celeba_" + ("" if arch == "autoencoder" else f"{arch}_") + method
    assert f"(100 x 90, {name}: 1 hole at full size)" in capsys.readouterr().out
    # What is not asked for is the network's too.
    application("restore", arch=arch, method=method, output="b.png", composite=False, **paths)
    image, kept, plain = (
        read_image(path) for path in (home / "photos" / "colour.png", tmp_path / "a.png", tmp_path / "b.png")
    )
    np.testing.assert_array_equal(kept[MASK == 0], image[MASK == 0])
    np.testing.assert_array_equal(kept[MASK > 0], plain[MASK > 0])
    assert np.mean(plain[MASK == 0] != image[MASK == 0]) > 0.5


def test_white_may_be_what_is_observed(application, home, tmp_path):
    write(home / "inverted.png", 255 - MASK)
    application("restore", input="photos/colour.png", mask="mask.png", output="a.png")
    application("restore", input="photos/colour.png", mask="inverted.png", output="b.png", mask_white="observed")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_what_a_file_cannot_keep_is_told(application, home, capsys, tmp_path):
    transparent = np.dstack([stand_in.photograph(3, 90, 100), stand_in.photograph(4, 90, 100, colour=False)])
    assert cv2.imwrite(str(home / "alpha.png"), transparent)
    application("restore", input="alpha.png", mask="mask.png", output="a.jpg")
    out = capsys.readouterr().out
    assert "a.jpg: .jpg holds no alpha channel (transparency), .png does" in out
    assert "a.jpg: JPEG does not keep the known pixels exactly, .png does" in out
    application("restore", input="alpha.png", mask="mask.png", output="a.png")
    assert len(capsys.readouterr().out.splitlines()) == 1
    kept, given = (read_photograph(path).pixels for path in (tmp_path / "a.png", home / "alpha.png"))
    np.testing.assert_array_equal(kept[MASK == 0], given[MASK == 0])
    assert kept.shape == (90, 100, 4) and (kept[MASK > 0, 3] != given[MASK > 0, 3]).mean() > 0.5


def test_sixteen_bits_and_a_pattern(application, home, tmp_path):
    deep = stand_in.photograph(3, 90, 100).astype(np.uint16) * 250
    assert cv2.imwrite(str(home / "deep.tif"), deep)
    application("restore", input="*eep.t*", mask="mask.png", output="out")
    found = read_photograph(tmp_path / "out" / "deep.png").pixels
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found[MASK == 0], deep[MASK == 0][:, ::-1])
    with pytest.raises(UsageError, match="deep.tif: found 100 x 90 pixels, expected at most 7,91.; a larger --max_mem"):
        application("restore", input="*eep.t*", mask="mask.png", output="more", max_memory=0.75 + 400.1e-6)
    # What has fewer channels or bits takes less.
    application("restore", input="photos/colour.png", mask="mask.png", output="c.png", max_memory=0.75 + 9000 * 42.1e-9)
    with pytest.raises(UsageError, match="colour.png: found 100 x 90 pixels, expected at most 8,09.; a larger"):
        application("restore", input="photos/colour.png", mask="mask.png", output="d.png", max_memory=0.75 + 340e-6)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"mask": None}, "--mode=restore: expected --input, --mask and --output"),
        ({"output": None}, "--mode=restore: expected --input, --mask and --output"),
        ({"mask": "nowhere.png"}, "nowhere.png: no such file or folder"),
        ({"mask": "masks/below/gray.jpg"}, "found a mask of 70 x 40 pixels, expected 100 x 90, the size of the image"),
        ({"mask": "photos/colour.png"}, "colour.png: found a mask with colours"),
        # The first image of the folder has a mask of its size, and yet nothing is written.
        ({"input": "photos", "output": "out"}, "mask.png: found a mask of 100 x 90 pixels, expected 70 x 40"),
        ({"arch": "edgeconnect"}, "--arch=edgeconnect: needs the true edges, which are unknown in a hole"),
        ({"method": "multitask"}, "--method=multitask: found no inpaint_celeba_multitask.keras"),
        ({"checkpoint": "."}, "found joint, dlnet, expected --method too"),
    ],
)
def test_restore_refuses(application, home, tmp_path, flags, words):
    if "checkpoint" in flags:
        flags = {"checkpoint": str(home / "checkpoints")}
    given = {"input": "photos/colour.png", "mask": "mask.png", "output": "a.png"} | flags
    with pytest.raises(UsageError) as refusal:
        application("restore", **given)
    assert words in str(refusal.value) and "\n" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["joint", "dlnet"])
def test_an_exported_model_computes_the_same(application, home, tmp_path, capsys, name):
    application("export_model", method=name, output="saved")
    assert f"(inpaint_celeba_{name}; " in capsys.readouterr().out
    serve = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"]
    mask = (MASK[:64, :64, None] == 0).astype(np.float32)[None]
    inputs = {"degraded": stand_in.photograph(1, 64, 64)[None].astype(np.float32) / 255 * mask, "mask": mask}
    named = set(serve.structured_input_signature[1])
    assert named == ({"degraded"} if name == "joint" else {"degraded", "mask"})
    restored = serve(**{key: tf.constant(inputs[key]) for key in named})["restored"]
    model = keras.saving.load_model(home / "checkpoints" / f"inpaint_celeba_{name}.keras")
    np.testing.assert_allclose(restored, Restorer(model)(**inputs), atol=1e-4)
    with pytest.raises(UsageError, match="saved: exists; give --overwrite to replace it"):
        application("export_model", output="saved")
    with pytest.raises(UsageError, match="expected --output, the folder of the SavedModel"):
        application("export_model")
