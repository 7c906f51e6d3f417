"""The start and the damped step: networks of bicubic input made right for every blur."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from benchmarks import published
from dlnet_tf import backbones
from dlnet_tf.data.test_sets import find_test_sets
from dlnet_tf.degradations import BlurDownsample, Masking
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.likelihood import DLNet, GradientUpdate, NeutralStart
from dlnet_tf.restoration import Restorer
from tests import stand_in
from tests.conftest import ROOT


def undoing(network, scale, num_steps=5):
    return DLNet(network, BlurDownsample(scale), num_steps, GradientUpdate())


def test_it_undoes_the_blur_unless_it_is_told_not_to():
    network = stand_in.idn()
    default = DLNet(network, BlurDownsample(3), update=GradientUpdate())
    assert isinstance(default.start, NeutralStart) and default.update.damping == default.start.damping == 1e-7
    plain = DLNet(network, BlurDownsample(3), update=GradientUpdate(damping=None))
    assert plain.start is None and plain.update.dampings is None
    assert DLNet(network, BlurDownsample(3), update=GradientUpdate(), start=None).start is None
    # The paper's rule is the paper's.
    assert DLNet(network, BlurDownsample(3), step_size=1e-3).start is None
    adam = DLNet(network, BlurDownsample(3), step_size=1e-3)
    assert [Restorer(model).undoes for model in (default, plain, adam)] == [True, False, False]
    # Plain steps weigh the fidelity by the noise; Adam forgets a factor.
    assert [Restorer(model).takes_noise for model in (default, plain, adam)] == [True, True, False]


def test_a_network_of_several_inputs_has_a_start_too():
    y, guide = (keras.Input((None, None, 1), name=name) for name in ("degraded", "guide"))
    z = keras.layers.Conv2D(3, 3, padding="same", name="z")(keras.layers.Concatenate()([y, guide]))
    network = keras.Model({"degraded": y, "guide": guide}, keras.layers.Conv2DTranspose(1, 4, 2, padding="same")(z))
    model = DLNet(network, BlurDownsample(2), 2, GradientUpdate())
    inputs = {name: np.random.default_rng(0).random((1, 8, 8, 1), "float32") for name in ("degraded", "guide")}
    assert model.start and model(inputs | {"blur_width": np.float32([1])}).shape == (1, 16, 16, 1)


@pytest.mark.parametrize("name", ["blur_width", "kernel"])
def test_a_graph_of_open_sizes_knows_its_channels(name):
    model = undoing(stand_in.idn(), 3)
    shape = {"blur_width": (None,), "kernel": (None, 5, 5)}[name]
    specs = {"degraded": tf.TensorSpec((None, None, None, 1)), name: tf.TensorSpec(shape)}
    graph = tf.function(model, autograph=False).get_concrete_function(specs, training=False).graph
    # Keras compiles a convolution with XLA where it does not know that it has one group.
    attributes = [operation.node_def.attr for operation in graph.get_operations()]
    assert attributes and not any(of["_XlaMustCompile"].b for of in attributes if "_XlaMustCompile" in of)


def test_models_from_before_there_were_starts_have_none():
    model = DLNet(stand_in.idn(), BlurDownsample(3), 3, GradientUpdate(4.0, damping=None), start=None)
    config = model.get_config()
    del config["start"], config["update"]["config"]["damping"]
    old = DLNet.from_config(config)
    assert old.start is None and old.update.damping is None and not Restorer(old).undoes


def test_saved_and_loaded_it_restores_the_same(tmp_path):
    model = undoing(stand_in.idn(), 3)
    inputs = {"degraded": np.random.default_rng(0).random((2, 9, 8, 1), "float32"), "blur_width": np.float32([1, 2])}
    restored = model(inputs)
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(inputs), restored)


def test_who_says_nothing_of_noise_has_eight_bits_and_exact_data_say_so():
    model = undoing(stand_in.idn(), 3)
    inputs = {"degraded": np.random.default_rng(0).random((1, 9, 8, 1), "float32"), "blur_width": np.float32([2])}
    silent = model(inputs)
    said = model(inputs | {"noise_sigma": np.float32([1 / (255 * 12**0.5)])})
    np.testing.assert_allclose(silent, said, atol=1e-6)
    assert np.abs(silent - model(inputs | {"noise_sigma": np.float32([0])})).max() > 1e-3


def test_a_training_step_moves_dampings_and_step_sizes():
    model = undoing(stand_in.idn(), 3)
    model.recalibrate = False
    model.compile(keras.optimizers.Adam(1e-3), "mse")
    random = np.random.default_rng(0)
    before = [variable.numpy() for variable in model.trainable_variables]
    inputs = {"degraded": random.random((2, 8, 8, 1), "float32"), "blur_width": np.float32([1.0, 2.6])}
    model.fit(inputs, random.random((2, 24, 24, 1), "float32"), verbose=0)
    for variable, old in zip(model.trainable_variables, before, strict=True):
        assert np.all(np.isfinite(variable)) and np.any(variable != old), variable.path


def test_the_neighbours_of_a_frame_are_undone_as_it_is():
    network = backbones.vespcn(2, width=8)
    random = np.random.default_rng(0)
    network.set_weights([random.normal(0, 0.1, weight.shape) for weight in network.weights])
    model = undoing(network, 2, num_steps=1)
    frames = random.random((2, 9, 8, 3), "float32")
    inputs = {"blur_width": np.float32([1, 2]), "noise_sigma": np.float32([0, 0.01])}
    inputs |= {"degraded": frames[..., 1:2], "neighbours": frames[..., [0, 2]]}
    parameters = {"blur_width": inputs["blur_width"]}
    before, middle, after = (model.start(frames[..., [i]], parameters, inputs["noise_sigma"]) for i in range(3))
    assert np.abs(before - frames[..., [0]]).max() > 0.1
    expected = network({"degraded": middle, "neighbours": tf.concat([before, after], axis=-1)})
    np.testing.assert_allclose(model(inputs), expected, atol=1e-4)


def test_masks_ask_for_no_damping_and_have_no_start():
    update = GradientUpdate(1.0, damping="auto")
    update.attach(Masking())
    assert update.damping is None
    with pytest.raises(ValueError, match="Masking has no damping"):
        NeutralStart().attach(Masking())
    for damping in (-1.0, 0, True, np.float32(-1), float("nan"), "none"):
        with pytest.raises(ValueError, match="damping is "):
            GradientUpdate(damping=damping)
    with pytest.raises(ValueError, match="damping is 0"):
        NeutralStart(0)
    with pytest.raises(ValueError, match="start is 'none'"):
        DLNet(stand_in.idn(), BlurDownsample(3), start="none")


@pytest.mark.slow
@pytest.mark.parametrize("scale", published.SCALES)
def test_an_untrained_dlnet_around_published_weights_serves_every_blur_width(shared, scale):
    rows = json.loads((ROOT / "docs" / "results" / "published.json").read_text("utf-8"))["rows"]
    expected = {
        row["blur_width"]: row["psnr"]
        for row in rows
        if (row["scale"], row["method"]) == (scale, "zero_shot") and "noise_sigma" not in row
    }
    model = undoing(published.published(shared / "golden", scale), scale)
    restore = tf.function(lambda inputs: model(inputs, training=False), reduce_retracing=True)
    images = find_test_sets(shared / "datasets" / "sisr", ["Set5"], True)["Set5"]
    assert len(expected) == 3
    for u, psnr in expected.items():
        pairs = protocol.make_pairs(images, scale, u)
        scores = protocol.evaluate(
            lambda y, width, sigma: restore({"degraded": y, "blur_width": width, "noise_sigma": sigma}),
            pairs,
        )
        assert np.mean([score.psnr for score in scores]) > psnr - 0.05
