import json

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlnet_tf.likelihood import split


def image(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype="float32")


def conv(filters, name, **kwargs):
    return layers.Conv2D(filters, 3, padding="same", name=name, **kwargs)


def skips():
    """Three tensors cross: an input, a layer of g, and the result of a branch that never meets z."""
    y = keras.Input((None, None, 1), name="degraded")
    early = conv(2, "early")(y)
    z = conv(3, "z")(early)
    branch = conv(4, "branch")(layers.ReLU(name="branch_act")(early))
    x = layers.Concatenate(name="join")([layers.ReLU(name="act")(z), branch])
    x = layers.Concatenate(name="join_early")([conv(4, "mix")(x), early])
    return keras.Model({"degraded": y}, layers.Add(name="sum")([conv(1, "out")(x), y])), 3


def several_inputs():
    y, mask = keras.Input((8, 8, 1), name="degraded"), keras.Input((8, 8, 1), name="mask")
    z = conv(3, "z")(layers.Concatenate(name="join")([y, mask]))
    x = conv(1, "out")(layers.ReLU(name="act")(z))
    return keras.Model({"degraded": y, "mask": mask}, layers.Multiply(name="product")([x, mask])), 1


def recursion():
    """A block shared between both sides of the cut, called four times, with the same skip into every call."""
    y = keras.Input((None, None, 1), name="degraded")
    first = x = conv(3, "features")(y)
    block = conv(3, "block")
    for unit in range(2):
        x = layers.Add(name=f"unit{unit}")([first, block(x)])
    x = layers.ReLU(name="z")(x)
    for unit in range(2, 4):
        x = layers.Add(name=f"unit{unit}")([first, block(x)])
    return keras.Model(y, conv(1, "out")(x)), 1


def shared_output_crosses():
    """What crosses was computed by a layer that h uses again."""
    y = keras.Input((None, None, 1), name="degraded")
    block = conv(3, "block")
    first = block(conv(3, "features")(y))
    z = layers.ReLU(name="z")(first)
    return keras.Model(y, layers.Add(name="sum")([block(z), first])), 1


def nested_model_and_operations():
    y = keras.Input((None, None, 2), name="degraded")
    inner_input = keras.Input((None, None, 3))
    inner = keras.Model(inner_input, layers.ReLU()(conv(3, "inner_conv")(inner_input)), name="inner")
    z = conv(3, "z")(inner(y[..., :1] * ops.ones((1, 1, 1, 3))))
    return keras.Model(y, ops.concatenate([inner(z)[..., 1:], y], axis=-1) * 2.0), 1


def sequential():
    return keras.Sequential([keras.Input((8, 8, 1)), conv(3, "z"), layers.ReLU(), conv(1, "out")]), 0


def batch_normalised():
    y = keras.Input((8, 8, 1), name="degraded")
    x = layers.BatchNormalization(name="z")(conv(3, "features")(y))
    return keras.Model(y, conv(1, "out")(layers.ReLU()(x))), 0


NETWORKS = (
    skips,
    several_inputs,
    recursion,
    shared_output_crosses,
    nested_model_and_operations,
    sequential,
    batch_normalised,
)


def inputs_of(model, seed=0):
    tensors = [image(2, 8, 8, tensor.shape[-1], seed=seed + i) for i, tensor in enumerate(model.inputs)]
    # A sequential model has no `input`.
    return tensors[0] if isinstance(model, keras.Sequential) else keras.tree.pack_sequence_as(model.input, tensors)


@pytest.mark.parametrize("network", NETWORKS)
def test_h_of_g_is_the_model(network):
    model, crossing = network()
    g, h = split(model)
    inputs = inputs_of(model)
    passed = g(inputs)
    assert len(h.inputs) == len(keras.tree.flatten(passed)) == 1 + crossing
    np.testing.assert_array_equal(h(passed), model(inputs))
    np.testing.assert_array_equal(keras.tree.flatten(passed)[0], z_of(model, inputs))


def z_of(model, inputs):
    return keras.Model(model.inputs, model.get_layer("z").output)(keras.tree.flatten(inputs))


@pytest.mark.parametrize("network", NETWORKS)
def test_the_model_stays_as_it_was(network, tmp_path):
    model, _ = network()
    config = json.dumps(model.get_config(), default=str)
    outputs = [layer.output for layer in model.layers]
    inputs = inputs_of(model)
    before = model(inputs)
    first = split(model)
    second = split(model)
    assert json.dumps(model.get_config(), default=str) == config
    assert all(layer.output is output for layer, output in zip(model.layers, outputs, strict=True))
    np.testing.assert_array_equal(model(inputs), before)
    for g, h in (first, second):
        np.testing.assert_array_equal(h(g(inputs)), before)
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(inputs), before)


def test_both_halves_share_the_weights_of_the_model():
    model, _ = recursion()
    g, h = split(model)
    ids = {id(variable) for variable in model.variables}
    assert {id(variable) for variable in [*g.variables, *h.variables]} == ids
    assert {id(v) for v in g.variables} & {id(v) for v in h.variables} == {
        id(v) for v in model.get_layer("block").variables
    }


def test_what_h_does_not_need_stays_out_of_it():
    model, _ = skips()
    _, h = split(model)
    names = {layer.name for layer in h.layers}
    assert not names & {"early", "branch", "branch_act"} and names >= {"act", "join", "mix", "join_early", "out", "sum"}


def test_any_layer_can_be_the_cut():
    model, _ = skips()
    inputs = inputs_of(model)
    for layer in ("early", "act", "mix", "join", "out"):
        g, h = split(model, layer)
        np.testing.assert_array_equal(h(g(inputs)), model(inputs))


def test_a_cut_at_the_output_leaves_h_the_identity():
    model, _ = skips()
    g, h = split(model, "sum")
    inputs = inputs_of(model)
    np.testing.assert_array_equal(h(g(inputs)), model(inputs))


def test_h_takes_z_in_float32_where_g_is_half_precision():
    y = keras.Input((8, 8, 1), name="degraded")
    z = conv(3, "z", dtype="mixed_bfloat16")(y)
    model = keras.Model(y, conv(1, "out", dtype="float32")(z))
    g, h = split(model)
    assert keras.backend.standardize_dtype(g(image(1, 8, 8, 1)).dtype) == "bfloat16"
    assert h.inputs[0].dtype == "float32"


class Two(layers.Layer):
    def call(self, x):
        return x, -x

    def compute_output_shape(self, shape):
        return shape, shape


REFUSALS = {
    "nowhere": "model 'net' has no layer 'nowhere', only .*features",
    "degraded": "layer 'degraded' is an input of model 'net'",
    "shared": "layer 'shared' is used 2 times in model 'net'",
    "two": "layer 'two' has 2 outputs",
    "features": "layer 'features' does not cut model 'net': output '.*' does not depend on it",
    "aside": "layer 'aside' does not cut model 'net': output '.*' does not depend on it",
}


@pytest.mark.parametrize("layer", REFUSALS)
def test_what_cannot_be_split_is_refused_in_one_line(layer):
    y = keras.Input((8, 8, 1), name="degraded")
    aside = conv(3, "aside")(y)
    shared = layers.ReLU(name="shared")
    x = layers.Add()(list(Two(name="two")(shared(conv(3, "features")(shared(y))))))
    model = keras.Model(y, [conv(1, "out")(x), aside], name="net")
    with pytest.raises(ValueError, match=REFUSALS[layer]) as raised:
        split(model, layer)
    assert "\n" not in str(raised.value)


def test_a_subclassed_model_is_refused():
    class Subclassed(keras.Model):
        pass

    with pytest.raises(ValueError, match="is a Subclassed, expected a built functional model"):
        split(Subclassed())
    with pytest.raises(ValueError, match="is a Sequential, expected a built functional model"):
        split(keras.Sequential([conv(3, "z")]))
