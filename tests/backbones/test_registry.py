"""What every backbone promises, whatever it is made of."""

import inspect

import keras
import numpy as np
import pytest

from dlnet_tf.backbones import BACKBONES
from dlnet_tf.resize import imresize

SIZE = (9, 7)

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
        value = rng.normal(0, 1 / np.sqrt(max(8, np.prod(weight.shape[:-1]))), weight.shape)
        weight.assign(np.exp(value) if weight.name.endswith("variance") else value)
    return model


def _degraded(model, batch=2):
    free = (*SIZE, 1)
    shape = [n or m for n, m in zip(model.inputs[0].shape[1:], free, strict=True)]
    return np.random.default_rng(1).random((batch, *shape)).astype("float32")


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
    assert [tensor.name for tensor in model.inputs] == ["degraded"]
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
    restored = model({"degraded": _degraded(model)})
    assert keras.backend.standardize_dtype(restored.dtype) == "float32"


@every_backbone
@every_precision
def test_save_and_load_give_the_same_model(name, precision, tmp_path):
    model = _small(name, precision=precision)
    path = tmp_path / f"{name}.keras"
    model.save(path)
    loaded = keras.saving.load_model(path)
    assert loaded.to_json() == model.to_json()
    y = _degraded(model)
    np.testing.assert_array_equal(loaded({"degraded": y}), model({"degraded": y}))


@every_backbone
def test_every_weight_changes_the_output(name):
    model = _small(name)
    y = _degraded(model)
    whole = np.asarray(model({"degraded": y}))
    assert np.isfinite(whole).all()
    for weight in model.trainable_variables:
        value = weight.numpy()
        weight.assign(value * 1.1)
        assert not np.array_equal(model({"degraded": y}), whole), weight.path
        weight.assign(value)


@every_backbone
def test_an_image_is_restored_alike_alone_and_in_a_batch(name):
    model = _small(name)
    y = _degraded(model, batch=3)
    together = np.asarray(model({"degraded": y}))
    alone = np.concatenate([model({"degraded": image[None]}) for image in y])
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
        np.testing.assert_allclose(model({"degraded": y})[0], imresize(y[0], scale), atol=1e-6)
