import keras
import numpy as np
import pytest

from dlnet_tf.backbones import autoencoder
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
