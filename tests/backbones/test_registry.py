"""What every backbone promises, whatever it is made of."""

import inspect

import keras
import numpy as np
import pytest

from dlnet_tf.backbones import BACKBONES
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.resize import imresize

SIZE = (9, 7)
# Of a network that is not listed any are taken.
MORE_INPUTS = dict.fromkeys(("autoencoder", "vdsr", "drrn", "idn"), []) | {
    "sft": ["mask"],
    "edgeconnect": ["edges"],
    "vespcn": ["neighbours"],
}

every_backbone = pytest.mark.parametrize("name", sorted(BACKBONES))
every_precision = pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])


def _small(name, **arguments):
    """The narrowest build of a backbone, with random weights that all matter to the output."""
    factory = BACKBONES[name]
    arguments["width"] = 16
    known = inspect.signature(factory).parameters
    model = factory(**{key: value for key, value in arguments.items() if key in known})
    rng = np.random.default_rng(0)
    for weight in model.weights:
        # The autoencoder's dense map has a matrix a channel.
        fan_in = weight.shape[1] if len(weight.shape) == 3 else np.prod(weight.shape[:-1])
        value = rng.normal(0, 1 / np.sqrt(max(8, fan_in)), weight.shape)
        weight.assign(np.exp(value) if weight.name in ("gamma", "moving_variance") else value)
    return model


def _inputs(model, batch=2):
    rng = np.random.default_rng(1)
    inputs = {}
    for tensor in model.inputs:
        shape = [n or m for n, m in zip(tensor.shape[1:], (*SIZE, 1), strict=True)]
        value = rng.random((batch, *shape))
        # Masks and edges are 0 or 1.
        inputs[tensor.name] = (value if tensor.name == "degraded" else value > 0.5).astype("float32")
    return inputs


def _split_at_z(model):
    """The layers before z and those after it, found by walking the graph."""
    reached = {id(model.get_layer("z").output)}
    before, after = [], []
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            if any(id(tensor) in reached for tensor in node.input_tensors):
                reached.update(id(tensor) for tensor in node.output_tensors)
                after.append(node.operation)
            else:
                before.append(node.operation)
    return before, after


@every_backbone
def test_is_named_and_takes_the_degraded_image(name):
    model = _small(name)
    assert model.name == name
    first, *more = [tensor.name for tensor in model.inputs]
    assert first == "degraded" and more == MORE_INPUTS.get(name, more)
    assert inspect.getdoc(BACKBONES[name])


@every_backbone
@every_precision
def test_z_and_all_after_it_are_float32(name, precision):
    model = _small(name, precision=precision)
    before, after = _split_at_z(model)
    assert after and after[-1].output is model.outputs[0]
    for layer in [model.get_layer("z"), *after]:
        assert layer.compute_dtype == layer.variable_dtype == "float32", layer.name
    convolutions = {layer.compute_dtype for layer in before if layer.name != "z" and getattr(layer, "weights", ())}
    assert convolutions == {"bfloat16" if precision == "mixed_bfloat16" else "float32"}
    restored = model(_inputs(model))
    assert keras.backend.standardize_dtype(restored.dtype) == "float32"


@every_backbone
@every_precision
def test_save_and_load_give_the_same_model(name, precision, tmp_path):
    model = _small(name, precision=precision)
    path = tmp_path / f"{name}.keras"
    model.save(path)
    loaded = keras.saving.load_model(path)
    assert loaded.to_json() == model.to_json()
    inputs = _inputs(model)
    np.testing.assert_array_equal(loaded(inputs), model(inputs))


@every_backbone
def test_every_weight_changes_the_output(name):
    model = _small(name)
    inputs = _inputs(model)
    whole = np.asarray(model(inputs))
    assert np.isfinite(whole).all()
    rng = np.random.default_rng(2)
    for weight in model.trainable_variables:
        value = weight.numpy()
        # Not by one common factor, which a normalisation would take away again.
        weight.assign(value + rng.normal(0, 0.1, value.shape))
        assert np.abs(model(inputs) - whole).max() > 1e-4, weight.path
        weight.assign(value)


@every_backbone
def test_every_input_changes_the_output(name):
    model = _small(name)
    inputs = _inputs(model)
    whole = np.asarray(model(inputs))
    for key, value in inputs.items():
        assert np.abs(model(inputs | {key: 1 - value}) - whole).max() > 1e-2, key


@every_backbone
def test_an_image_is_restored_alike_alone_and_in_a_batch(name):
    model = _small(name)
    inputs = _inputs(model, batch=3)
    together = np.asarray(model(inputs))
    alone = np.concatenate([model({key: value[i : i + 1] for key, value in inputs.items()}) for i in range(3)])
    np.testing.assert_allclose(alone, together, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize(
    "name", [n for n in sorted(BACKBONES) if "scale" in inspect.signature(BACKBONES[n]).parameters]
)
def test_super_resolution_adds_a_residual_to_bicubic_at_any_size(name, scale):
    model = BACKBONES[name](scale, width=16)
    upscale = model.get_layer("upscale")
    upscale.kernel.assign(np.zeros(upscale.kernel.shape))
    for size in (SIZE, (1, 1)):
        y = np.random.default_rng(2).random((1, *size, 1)).astype("float32")
        inputs = {tensor.name: np.zeros((1, *size, tensor.shape[-1]), "float32") for tensor in model.inputs}
        np.testing.assert_allclose(model(inputs | {"degraded": y})[0], imresize(y[0], scale), atol=1e-6)


@pytest.fixture
def channels_first():
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format("channels_last")


@pytest.mark.parametrize("name", sorted(BACKBONES))
def test_the_order_of_axes_is_that_of_the_network_whatever_keras_takes(channels_first, name):
    model = _small(name, scale=2)
    inputs = {tensor.name: np.ones((1, *(n or 12 for n in tensor.shape[1:])), "float32") for tensor in model.inputs}
    side = inputs["degraded"].shape[1] * (2 if inputs["degraded"].shape[1] == 12 else 1)
    assert model(inputs).shape[:3] == (1, side, side)


def test_degradations_keep_their_order_of_axes(channels_first):
    x = np.ones((1, 12, 12, 1), "float32")
    y = BlurDownsample(2)(x, {"blur_width": np.array([1.3], "float32")})
    np.testing.assert_allclose(y, np.ones((1, 6, 6, 1)), atol=1e-6)
