"""Which models a command line names, and what is changed in them."""

import keras
import pytest

from dlnet_tf import zoo
from dlnet_tf.degradations import Masking
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.experiments.loading import load_models
from dlnet_tf.experiments.one_model import load_one
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate
from dlnet_tf.options import ModelOptions
from tests import stand_in

INPAINT = Inpainting("inpaint")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder as training leaves it: the best model of every run in a folder of its own."""
    folder = tmp_path_factory.mktemp("runs")
    network = stand_in.autoencoder()
    adam = DLNet(network, Masking(), 5, AdamUpdate(0.001), name="inpaint_celeba_dlnet")
    gradient = DLNet(network, Masking(), 5, GradientUpdate(), name="inpaint_celeba_dlnet_gradient")
    for model, name in (
        (gradient, "inpaint_celeba_dlnet_gradient"),
        (adam, "inpaint_celeba_dlnet"),
        (network, "inpaint_celeba_joint"),
        # Models of other experiments.
        (network, "inpaint_scenes_joint"),
        (network, "interp_celeba_on_demand"),
        (network, "inpaint_celeba_sft_multitask"),
    ):
        path = folder / f"train-{name}" / f"{name}.keras"
        path.parent.mkdir()
        model.save(path)
    (folder / "train-inpaint_celeba_reference" / "logs").mkdir(parents=True)
    return folder


def options(checkpoint, method=None, **flags):
    return ModelOptions(checkpoint=str(checkpoint), method=method, **flags)


def test_a_folder_gives_the_models_of_the_experiment_in_the_order_of_its_methods(runs):
    loaded = load_models(INPAINT, ["reference"], options(runs))
    assert list(loaded) == ["joint", "dlnet", "dlnet_gradient"]
    assert isinstance(loaded["dlnet"].update, AdamUpdate) and isinstance(
        loaded["dlnet_gradient"].update, GradientUpdate
    )
    assert list(load_models(Inpainting("inpaint", "scenes"), [], options(runs))) == ["joint"]
    # A run's own folder will do, too.
    assert list(load_models(INPAINT, [], options(runs / "train-inpaint_celeba_joint"))) == ["joint"]


def test_a_method_that_takes_a_network_takes_it_from_a_folder_too(tmp_path):
    network = stand_in.idn()
    network.save(tmp_path / "idn_x3_reference.keras")
    sisr = SuperResolution("idn", 3)
    loaded = load_models(sisr, [], options(tmp_path))
    assert list(loaded) == ["reference", "zero_shot"] and isinstance(loaded["zero_shot"], DLNet)
    name, model = load_one(sisr, options(tmp_path / "idn_x3_reference.keras", "zero_shot"))
    assert name == "idn_x3_zero_shot" and isinstance(model, DLNet)


def test_a_method_picks_one_of_a_folder(runs):
    assert list(load_models(INPAINT, [], options(runs, "dlnet"))) == ["dlnet"]
    name, model = load_one(INPAINT, options(runs, "dlnet_gradient"))
    assert name == model.name == "inpaint_celeba_dlnet_gradient"
    with pytest.raises(UsageError, match="found joint, dlnet, dlnet_gradient, expected --method too"):
        load_one(INPAINT, options(runs))
    with pytest.raises(UsageError, match="found no file inpaint_celeba_multitask.keras in this folder or those in it"):
        load_models(INPAINT, [], options(runs, "multitask"))
    with pytest.raises(UsageError, match="found no file interp_scenes_<method>.keras"):
        load_models(Inpainting("interp", "scenes"), [], options(runs))
    with pytest.raises(UsageError, match="--method=centered: found with interp_celeba, expected reference, joint"):
        load_models(Inpainting("interp"), [], options(runs, "centered"))


def test_several_models_of_one_method_go_by_their_folders(tmp_path):
    network = stand_in.autoencoder()
    network.save(tmp_path / "inpaint_celeba_joint.keras")
    for steps in (2, 1):
        (tmp_path / f"K={steps}").mkdir()
        model = DLNet(network, Masking(), steps, AdamUpdate(0.001), name="inpaint_celeba_dlnet")
        model.save(tmp_path / f"K={steps}" / "inpaint_celeba_dlnet.keras")
    loaded = load_models(INPAINT, [], options(tmp_path))
    assert {name: getattr(model, "num_steps", None) for name, model in loaded.items()} == {
        "joint": None,
        "dlnet, K=1": 1,
        "dlnet, K=2": 2,
    }
    assert list(load_models(INPAINT, [], options(tmp_path, "dlnet"))) == ["dlnet, K=1", "dlnet, K=2"]
    with pytest.raises(UsageError, match="found dlnet, K=1, dlnet, K=2, expected the file of one of them"):
        load_one(INPAINT, options(tmp_path, "dlnet"))
    # One that lies in the folder itself needs no more words.
    (tmp_path / "K=2" / "inpaint_celeba_dlnet.keras").rename(tmp_path / "inpaint_celeba_dlnet.keras")
    assert list(load_models(INPAINT, [], options(tmp_path, "dlnet"))) == ["dlnet", "dlnet, K=1"]
    assert load_one(INPAINT, options(tmp_path, "dlnet"))[1].num_steps == 2


def test_flags_change_the_models_that_heed_them(runs):
    loaded = load_models(INPAINT, [], options(runs, num_steps=2, step_size=0.5, precision="mixed_bfloat16"))
    assert [loaded[name].num_steps for name in ("dlnet", "dlnet_gradient")] == [2, 2]
    assert loaded["dlnet"].update.step_size == 0.5
    network = loaded["joint"]
    assert isinstance(network, keras.Model) and network.get_layer("enc2").compute_dtype == "bfloat16"
    for flag, words in (("num_steps", "found no DL-Net among joint"), ("step_size", "found no Adam rule among joint")):
        with pytest.raises(UsageError, match=f"--{flag}=3: {words}"):
            load_models(INPAINT, [], options(runs, "joint", **{flag: 3}))


def test_a_model_that_ships_goes_by_its_name(runs, monkeypatch):
    folder = runs / "train-inpaint_scenes_joint"
    monkeypatch.setattr(zoo, "CHECKPOINTS", folder)
    name, model = load_one(INPAINT, options("inpaint_scenes_joint"))
    assert (name, model.name) == ("inpaint_scenes_joint", "autoencoder")
    # A file goes before a name.
    monkeypatch.chdir(runs / "train-inpaint_celeba_joint")
    assert load_one(INPAINT, options("inpaint_celeba_joint.keras"))[0] == "inpaint_celeba_joint"
    with pytest.raises(UsageError, match="--checkpoint: found no file or model 'x', expected one of inpaint_scenes_j"):
        load_one(INPAINT, options("x"))
    words = "found a model for filling holes, expected one for filling scattered pixels; --task=inpaint takes it"
    with pytest.raises(UsageError, match=f"inpaint_scenes_joint: {words}"):
        load_one(Inpainting("interp"), options("inpaint_scenes_joint"))
    with pytest.raises(UsageError, match="found a model for filling holes, expected one for enlarging$"):
        load_one(SuperResolution("idn", 3), options("inpaint_scenes_joint"))
