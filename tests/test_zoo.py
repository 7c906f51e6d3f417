"""Models by name."""

import re

import keras
import numpy as np
import pytest

import dlnet_tf
from dlnet_tf import networks, restoration, zoo
from dlnet_tf.degradations import BlurDownsample, Masking
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate
from dlnet_tf.restoration.blur_estimation import estimate_blur_width
from tests import stand_in
from tests.conftest import ROOT

NAMES = ["idn_x3_dlnet", "idn_x3_dlnet_gradient", "idn_x3_joint", "interp_celeba_dlnet"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Small models in the place of those that ship."""
    keras.utils.set_random_seed(3)
    monkeypatch.setattr(zoo, "CHECKPOINTS", tmp_path)
    idn, autoencoder = stand_in.idn(), stand_in.with_statistics(stand_in.autoencoder())
    for name, model in zip(
        NAMES,
        [
            DLNet(idn, BlurDownsample(3), 2, AdamUpdate(0.01)),
            DLNet(idn, BlurDownsample(3), 2, GradientUpdate(4.0, damping=None)),
            idn,
            DLNet(autoencoder, Masking(), 2, AdamUpdate(0.01)),
        ],
        strict=True,
    ):
        model.save(tmp_path / f"{name}.keras")
    return tmp_path


def test_a_name_is_that_of_a_file_or_short_for_the_best_of_its_dlnets(folder):
    for name in NAMES:
        assert zoo.find(name) == folder / f"{name}.keras"
    assert zoo.find("idn_x3") == folder / "idn_x3_dlnet_gradient.keras"
    assert zoo.find("interp_celeba") == folder / "interp_celeba_dlnet.keras"
    (folder / "idn_x3_dlnet_gradient.keras").unlink()
    assert zoo.find("idn_x3") == folder / "idn_x3_dlnet.keras"
    assert zoo.find("mine.keras").name == "mine.keras"


def test_a_wrong_name_gets_the_list_in_one_line(folder):
    for function in (zoo.find, zoo.load):
        with pytest.raises(UsageError) as caught:
            function("idn_x4")
        listed = "idn_x3, idn_x3_dlnet, idn_x3_dlnet_gradient, idn_x3_joint, interp_celeba, interp_celeba_dlnet"
        assert str(caught.value) == f"found no file or model 'idn_x4', expected one of {listed}"


@pytest.mark.slow
def test_restoring_is_that_of_the_file(folder):
    image = stand_in.photograph(1, 60, 57)
    for name in ("idn_x3", folder / "idn_x3_dlnet_gradient.keras"):
        expected = restoration.load(folder / "idn_x3_dlnet_gradient.keras")(image, blur_width=1.3)
        np.testing.assert_array_equal(zoo.load(name)(image, blur_width=1.3), expected)
    u = estimate_blur_width(image, 3).blur_width
    restore = zoo.load("idn_x3_dlnet")
    np.testing.assert_array_equal(restore(image, blur_width="auto"), restore(image, blur_width=u))
    with pytest.raises(UsageError, match="idn_x3_joint.keras: found blur_width for a plain network, expected a DL-Net"):
        zoo.load("idn_x3_joint")(image, blur_width=1)


def test_the_name_says_where_a_network_looks(folder):
    image, mask = stand_in.photograph(2, 130, 140), np.ones((130, 140), bool)
    mask[40:70, 50:80] = False
    fill, of_file = zoo.load("interp_celeba"), restoration.load(folder / "interp_celeba_dlnet.keras")
    np.testing.assert_array_equal(fill(image, mask), of_file(image, mask, task="interp"))
    np.testing.assert_array_equal(fill(image, mask, task="inpaint"), of_file(image, mask))
    assert (fill(image, mask) != of_file(image, mask)).any()


def test_models_are_listed_without_facts_too(folder):
    found = zoo.models()
    assert [model.name for model in found] == NAMES
    assert [(model.task, model.scale) for model in found] == [("sisr", 3)] * 3 + [("interp", None)]
    assert [model.size for model in found] == [(folder / f"{name}.keras").stat().st_size for name in NAMES]
    assert [(model.parameters, model.psnr) for model in found] == [(None, {})] * 4


def test_what_ships_is_listed_with_its_facts():
    assert dlnet_tf.models is zoo.models and dlnet_tf.load is zoo.load
    found = {model.name: model for model in dlnet_tf.models()}
    assert set(found) == {path.stem for path in (ROOT / "checkpoints").glob("*.keras")}
    for model in found.values():
        # Of clips one set at three widths.
        assert model.parameters and len(model.psnr) > (2 if model.task == "video" else 3), model.name
    # What the README's table says of one.
    (line,) = re.findall(
        r"^\| DL-Net, learned step sizes \| 3.*$", (ROOT / "README.md").read_text("utf-8"), flags=re.M
    )[:1]
    numbers = [float(cell.strip(" *")) for cell in line.split("|")[2:-1]]
    assert list(found["idn_x3_dlnet_gradient"].psnr.values()) == numbers


def test_a_wheel_has_the_checkpoints_inside(tmp_path, monkeypatch):
    (tmp_path / "checkpoints").mkdir()
    source = (ROOT / "dlnet_tf" / "zoo.py").read_text("utf-8")
    names = {"__file__": str(tmp_path / "zoo.py"), "__name__": "dlnet_tf.zoo"}
    exec(compile(source, "zoo.py", "exec"), names)
    assert names["CHECKPOINTS"] == tmp_path / "checkpoints"


def test_a_network_may_have_a_name_of_two_words(monkeypatch):
    monkeypatch.setitem(networks.NETWORKS, "my_net", networks.Network("my_net", ("video",)))
    assert zoo.task_of_model("my_net_x3_dlnet") == "video"
    assert zoo._scale_of("my_net_x3_dlnet") == 3
