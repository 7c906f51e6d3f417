"""One suite over every registered backbone with a rule, and over every registered degradation."""

import functools
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.backbones import BACKBONES
from dlnet_tf.keras_models import pick_inputs
from dlnet_tf.likelihood import DLNet, GradientUpdate
from dlnet_tf.rounding import EIGHT_BITS
from tests import stand_in
from tests.degradations.cases import CASES as DEGRADATIONS
from tests.likelihood.conformance import CASES, LONG, assert_same, draw, make


@functools.cache
def made(backbone, rule):
    """(rule, model, inputs, clean, restored), once for all tests."""
    keras.utils.set_random_seed(0)
    model = make(backbone, rule)
    # Upscaling layers start almost at zero: make z matter.
    kernel = [layer.kernel for layer in model.likelihood.head.layers if hasattr(layer, "kernel")][-1]
    kernel.assign(kernel * (0.05 / np.std(kernel)))
    if model.update.calibrated:
        model.calibrate()
    inputs, clean = draw(model)
    return rule, model, inputs, clean, np.asarray(model(inputs, training=False))


@pytest.fixture(params=CASES, ids="-".join)
def case(request):
    return made(*request.param)


def test_restored_images_have_the_size_of_the_clean_ones(case):
    rule, model, inputs, clean, restored = case
    assert restored.shape == clean.shape and np.all(np.isfinite(restored))
    unmoved = model.backbone(pick_inputs(model.backbone, inputs), training=False)
    assert np.all(restored == unmoved) if rule == "one_step" else np.abs(restored - unmoved).max() > 1e-4


def test_the_graph_is_what_runs_eagerly_and_gives_the_same_bytes_twice(case):
    rule, model, inputs, _, restored = case
    once, twice = (model.predict(inputs, verbose=0) for _ in range(2))
    assert_same(once, restored, model)
    assert once.tobytes() == twice.tobytes()


def test_a_sample_does_not_depend_on_its_batch(case):
    rule, model, inputs, _, restored = case
    alone = model({key: value[1:] for key, value in inputs.items()}, training=False)
    assert_same(alone[0], restored[1], model)


def test_the_fidelity_falls(case):
    rule, model, inputs, _, _ = case
    _, fidelity = model.restore_with_fidelity(inputs)
    assert fidelity.shape == (model.num_steps, 2)
    assert np.all(np.diff(fidelity, axis=0) < 0)


def test_saved_and_loaded_it_is_the_same(case, tmp_path):
    _, model, inputs, _, restored = case
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(inputs, training=False), restored)


@pytest.mark.slow
@pytest.mark.parametrize("case", LONG, indirect=True, ids="-".join)
def test_exported_and_reloaded_it_is_the_same_at_every_batch_size(case, tmp_path):
    rule, model, inputs, _, restored = case
    model.export(tmp_path / "model")
    loaded = tf.saved_model.load(tmp_path / "model")
    for count in (2, 1):
        served = loaded.serve({key: value[:count] for key, value in inputs.items()})
        assert_same(served["restored"], restored[:count], model)


@pytest.mark.slow
@pytest.mark.parametrize("case", LONG, indirect=True, ids="-".join)
def test_a_training_step_moves_every_weight(case):
    _, model, inputs, clean, _ = case
    copy = copy_of(model)
    copy.compile(keras.optimizers.Adam(1e-3), "mse")
    before = [variable.numpy() for variable in copy.trainable_variables]
    loss = copy.fit(inputs, clean, verbose=0).history["loss"]
    assert np.all(np.isfinite(loss))
    for variable, value in zip(copy.trainable_variables, before, strict=True):
        assert np.all(np.isfinite(variable)) and np.any(variable != value), variable.path


@pytest.mark.parametrize("case", [(b, "gradient") for b in BACKBONES], indirect=True, ids="-".join)
def test_gradients_are_added_in_one_order(case):
    # AddN begins with the first input that nothing else waits for. Of a + b + c it may so make c + b + a, which has
    # other bits, where both a and b go elsewhere too.
    _, model, inputs, clean, _ = case

    @tf.function(autograph=False)
    def gradients():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(model(inputs, training=True) - clean))
        return tape.gradient(loss, [variable.value for variable in model.trainable_variables])

    sums = [op for op in gradients.get_concrete_function().graph.get_operations() if op.type == "AddN"]
    assert sums
    for op in sums:
        first, second, *further = op.inputs
        shared = all(len(tensor.consumers()) > 1 for tensor in (first, second))
        assert not (further and shared), (op.name, [tensor.name for tensor in op.inputs])


def copy_of(model):
    copy = type(model).from_config(model.get_config())
    copy.set_weights(model.get_weights())
    return copy


@pytest.mark.slow
def test_two_replicas_train_what_one_trains(tmp_path):
    root = pathlib.Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.likelihood.mirrored_worker"]
    environment = os.environ | {"PYTHONPATH": str(root), "CUDA_VISIBLE_DEVICES": ""}
    result = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, result.stdout + result.stderr[-3000:]


def whitened_fidelities(model, inputs):
    """(W h(z) - y)^T V (W h(z) - y) of each sample with K = 1, 2 and 3, V what the first step whitens residuals by."""
    y, parameters = inputs["degraded"], {name: value for name, value in inputs.items() if name != "degraded"}
    operator = model.degradation.bind(parameters, model.degradation.restored_size(y.shape))
    fidelities = []
    for num_steps in (1, 2, 3):
        model.num_steps = num_steps
        residual = operator.apply(model(inputs, training=False)) - y
        whitened = model.update.whiten(0, residual, operator, np.full(len(y), EIGHT_BITS, "float32"))
        fidelities.append(np.sum(residual * whitened, axis=(1, 2, 3)))
    return fidelities


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_every_degradation_makes_a_dlnet_that_is_saved_and_loaded(name, tmp_path):
    degradation, parameter = DEGRADATIONS[name]
    keras.utils.set_random_seed(0)
    model = DLNet(stand_in.idn(degradation.scale), degradation, 3, GradientUpdate())
    inputs, clean = draw(model, parameter=parameter)
    restored = model(inputs, training=False)
    assert restored.shape == clean.shape
    before, between, after = whitened_fidelities(model, inputs)
    assert np.all(between < before) and np.all(after < before)
    plain = DLNet(stand_in.idn(degradation.scale), degradation, 3, GradientUpdate(damping=None))
    assert np.all(np.diff(plain.restore_with_fidelity(inputs)[1], axis=0) < 0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(inputs, training=False), restored)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["masking-mask", "blur_downsample_x3-blur_width", "blur_downsample_x3-kernel"])
def test_with_each_kind_of_parameter_it_is_exported(name, tmp_path):
    degradation, parameter = DEGRADATIONS[name]
    keras.utils.set_random_seed(0)
    model = DLNet(stand_in.idn(degradation.scale), degradation, 3, GradientUpdate())
    inputs, _ = draw(model, parameter=parameter)
    restored = model(inputs, training=False)
    # A kernel has no size by default.
    specs = {key: tf.TensorSpec((None, *value.shape[1:])) for key, value in inputs.items()}
    model.export(tmp_path / "model", input_signature=specs if "kernel" in specs else None)
    loaded = tf.saved_model.load(tmp_path / "model")
    np.testing.assert_allclose(loaded.serve(inputs)["restored"], restored, atol=1e-5)
