import keras
import numpy as np
import pytest

from dlnet_tf.backbones import autoencoder
from dlnet_tf.likelihood import split
from tests.golden.official_autoencoder import golden, official_autoencoder, official_inputs


@pytest.mark.parametrize("task", ["inpaint", "interp"])
def test_it_computes_what_the_authors_code_computes(task):
    model, _ = official_autoencoder()
    restored = model({"degraded": official_inputs(task)["degraded"]}, training=False)
    np.testing.assert_allclose(restored, golden()[f"{task}_lr0.1_K1_restored"], atol=2e-5)


def test_parameters_of_the_full_network():
    model = autoencoder()
    trainable = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    moving = sum(int(np.prod(v.shape)) for v in model.non_trainable_variables)
    kernels = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512) * 2 + 512 * 16 * 16
    assert trainable == kernels + 2 * (64 + 128 + 256 + 512 + 256 + 128 + 64)
    assert model.count_params() == trainable + moving == 5_647_872


@pytest.mark.parametrize(("extra", "front", "back"), [("front", 4, 0), ("back", 0, 4), ("both", 2, 2)])
def test_a_deeper_network_has_four_more_convolutions_before_z(extra, front, back):
    model = autoencoder(extra=extra)
    # 3x3 64 -> 64 and the four vectors of batch normalisation.
    assert model.count_params() == 5_647_872 + 4 * (9 * 64 * 64 + 4 * 64)
    names = [layer.name for layer in model.layers]
    for kind, count, before, after in (("front", front, "enc1_act", "enc2"), ("back", back, "dec3", "z")):
        own = [f"{kind}{i}" for i in range(1, count + 1)]
        assert [name for name in names if name.startswith(kind) and "_" not in name] == own
        assert all(names.index(before) < names.index(name) < names.index(after) for name in own)
        assert all(model.get_layer(name).output.shape == (None, 32, 32, 64) for name in own)
    _, head = split(model)
    assert [layer.name for layer in head.layers[1:]] == ["z_act", "out"]
    assert model.get_layer("z").output.shape == (None, 32, 32, 64)


@pytest.mark.parametrize("extra", ["front", "back", "both"])
def test_more_convolutions_that_pass_on_their_input_leave_the_plain_network(extra):
    """With identity kernels and neutral statistics; at the front the further activations are made linear."""
    plain, deeper = autoencoder(width=4), autoencoder(width=4, extra=extra)
    by_name = {layer.name: layer for layer in plain.layers}
    epsilon = 1e-3
    for layer in deeper.layers:
        if layer.name.startswith(("front", "back")) and "_" not in layer.name:
            layer.kernel.assign(np.pad(np.eye(4)[None, None], ((1, 1), (1, 1), (0, 0), (0, 0))))
        elif layer.name.startswith(("front", "back")) and layer.name.endswith("_bn"):
            layer.gamma.assign(np.full(4, np.sqrt(1 + epsilon)))
        elif layer.name.endswith("_act") and layer.name.startswith("front"):
            layer.negative_slope = 1.0
        elif layer.name in by_name:
            layer.set_weights(by_name[layer.name].get_weights())
    if extra != "front":
        # The statistics of dec3 now stand in dec3_bn; z is one of the neutral ones.
        deeper.get_layer("dec3_bn").set_weights(plain.get_layer("z").get_weights())
        deeper.get_layer("z").set_weights([np.full(4, np.sqrt(1 + epsilon)), np.zeros(4), np.zeros(4), np.ones(4)])
    inputs = {"degraded": official_inputs("interp")["degraded"]}
    np.testing.assert_allclose(deeper(inputs), plain(inputs), atol=1e-6)


def test_an_unknown_place_for_more_convolutions_is_refused():
    with pytest.raises(ValueError, match="found extra 'middle', expected one of none, front, back, both"):
        autoencoder(extra="middle")


def test_layers_bear_the_names_of_the_design():
    names = {layer.name for layer in autoencoder(width=4).layers}
    expected = {f"enc{i}" for i in range(1, 5)} | {f"enc{i}_bn" for i in range(1, 5)} | {"channel_fc"}
    expected |= {"dec1", "dec2", "dec3", "dec1_bn", "dec2_bn", "z", "out"}
    assert expected <= names
    assert autoencoder(width=4).get_layer("z").output.shape == (None, 32, 32, 4)


def test_z_and_what_follows_stay_in_float32():
    model = autoencoder("mixed_bfloat16", width=4)
    for layer in model.layers:
        after_g = layer.name in ("degraded", "z", "z_act", "out")
        assert layer.compute_dtype == ("float32" if after_g else "bfloat16"), layer.name


def test_saved_and_loaded_it_is_the_same(tmp_path):
    model = autoencoder(width=4)
    inputs = {"degraded": official_inputs("inpaint")["degraded"]}
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(inputs), model(inputs))
