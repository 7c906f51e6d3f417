"""Training against finite differences where h holds a layer whose derivative TensorFlow lacks or cuts."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from dlnet_tf.degradations import BlurDownsample, Masking
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import DLNet, DLNetLayer, GradientUpdate, split
from dlnet_tf.likelihood.second_order import gradient_of
from tests.likelihood.networks import inpainter

RESIZED = {
    "bilinear": layers.UpSampling2D(1, interpolation="bilinear", dtype="float64"),
    "bicubic": layers.UpSampling2D(1, interpolation="bicubic"),
    "lanczos3": layers.UpSampling2D(1, interpolation="lanczos3"),
    "nearest": layers.Resizing(6, 6, interpolation="nearest"),
    "softsign": layers.Activation("softsign"),
}


def call(head_layers, dtype="float64", **options):
    model = inpainter(dtype, head_layers=head_layers, size=(6, 6))
    g, h = split(model)
    layer = DLNetLayer(h, Masking(), options.pop("num_steps", 3), GradientUpdate(0.05))
    random = np.random.default_rng(0)
    y, mask = random.random((3, 6, 6, 2)).astype(dtype), (random.random((3, 6, 6, 1)) > 0.4).astype(dtype)
    return model, lambda: layer(g({"degraded": y}), degraded=y, parameters={"mask": mask}, **options)


@pytest.mark.parametrize("name", RESIZED)
def test_a_layer_without_a_second_derivative_is_refused_in_training_alone(name):
    layer = type(RESIZED[name]).from_config(RESIZED[name].get_config() | {"name": "resized", "dtype": "float32"})
    _, train = call([layer], "float32", training=True)
    with pytest.raises(UsageError, match=r"h: layer 'resized' behind z cannot be differentiated twice \(TensorFlow"):
        train()
    for options in ({"training": False}, {"training": True, "num_steps": 1}):
        assert np.isfinite(call([layer], "float32", **options)[1]()).all()


def test_a_layer_in_a_model_that_is_used_as_a_layer_is_named():
    inputs = keras.Input((6, 6, 5))
    inner = keras.Model(inputs, layers.UpSampling2D(1, interpolation="bilinear", name="resized")(inputs))
    with pytest.raises(UsageError, match="layer 'resized' behind z"):
        call([inner], "float32", training=True)[1]()


def test_a_layer_without_a_first_derivative_is_refused_in_inference_too():
    layer = layers.Resizing(6, 6, interpolation="area", name="resized")
    with pytest.raises(
        UsageError, match=r"'resized' behind z cannot be differentiated \(TensorFlow has no gradient of"
    ):
        call([layer], "float32", training=False)[1]()


@pytest.mark.parametrize("function", [keras.ops.round, keras.ops.stop_gradient])
def test_a_layer_that_lets_no_gradient_through_is_named(function):
    model = inpainter("float32", head_layers=[layers.ReLU(), layers.Activation(function, name="rounded")])
    y, mask = np.full((2, 6, 5, 2), 0.5, "float32"), np.ones((2, 6, 5, 1), "float32")
    with pytest.raises(UsageError, match="layer 'rounded' behind z lets no gradient through"):
        DLNet(model, Masking(), update=GradientUpdate())
    with pytest.raises(UsageError, match="layer 'rounded' behind z lets no gradient through"):
        DLNet(model, Masking(), 2, step_size=0.01)({"degraded": y, "mask": mask})


def test_an_h_that_lets_no_gradient_through_without_a_layer_to_blame_is_refused():
    """Each layer lets a gradient through to one of its inputs, but not to the one that comes from z."""

    class Gate(layers.Layer):
        def call(self, x, other):
            return other + keras.ops.stop_gradient(x)

    y, z = keras.Input((6, 5, 2)), keras.Input((6, 5, 2))
    head = keras.Model([z, y], Gate()(z, y), name="head")
    values = tf.ones((1, 6, 5, 2))
    with tf.GradientTape() as tape:
        tape.watch(values)
        restored = head([values, tf.zeros_like(values)])
    with pytest.raises(UsageError, match="^head: what is behind z lets no gradient through"):
        gradient_of(tape, head, restored, values, values)


def test_batch_normalization_behind_z_keeps_its_whole_second_derivative():
    model, train = call([layers.BatchNormalization(dtype="float64", name="bn")], training=True)
    weight = model.get_layer("features").kernel

    def loss():
        return tf.reduce_sum(tf.sin(3.0 * train()))

    with tf.GradientTape() as tape:
        value = loss()
    gradient = tape.gradient(value, weight.value)
    direction = np.random.default_rng(1).standard_normal(weight.shape)
    start, step, ends = weight.numpy(), 1e-5, []
    for sign in (1, -1):
        weight.assign(start + sign * step * direction)
        ends.append(float(loss()))
    slope = (ends[0] - ends[1]) / (2 * step)
    assert float(np.sum(gradient * direction)) == pytest.approx(slope, rel=1e-6)


def test_a_stopped_gradient_is_told():
    with pytest.warns(UserWarning, match="layer 'norm' behind z stops a gradient"):
        call([layers.LayerNormalization(name="norm")], "float32", training=True)[1]()


@pytest.mark.parametrize("layer", [layers.MaxPooling2D(1), layers.PReLU(), layers.Dropout(0.1), layers.Softmax()])
def test_layers_with_both_derivatives_are_let_through(layer):
    assert np.isfinite(call([layer], "float32", training=True)[1]()).all()


def test_layers_that_ask_for_sizes_are_named_too_where_sizes_are_open():
    # Keras' resizing wants to know of a size in a graph whether it is positive.
    inputs = keras.Input((None, None, 1), name="degraded")
    x = layers.Conv2D(2, 3, padding="same", name="z")(inputs)
    x = layers.UpSampling2D(2, interpolation="bilinear", name="resized")(x)
    network = keras.Model(inputs, layers.Conv2D(1, 3, padding="same")(x))
    model = DLNet(network, BlurDownsample(2), num_steps=2, step_size=0.01)
    y, u = np.full((2, 6, 5, 1), 0.5, "float32"), np.full(2, 1.3, "float32")
    assert model({"degraded": y, "blur_width": u}).shape == (2, 12, 10, 1)
    with pytest.raises(UsageError, match="layer 'resized' behind z cannot be differentiated twice"):
        model({"degraded": y, "blur_width": u}, training=True)


def test_step_sizes_are_not_measured_through_a_layer_that_stops_the_second_derivative():
    model = inpainter("float32", head_layers=[layers.UpSampling2D(1, interpolation="bilinear", name="resized")])
    with pytest.raises(UsageError, match=r"'resized' behind z .*, or a step size, GradientUpdate\(0.1\)"):
        DLNet(model, Masking(), update=GradientUpdate())
    DLNet(model, Masking(), update=GradientUpdate(0.1))


def test_a_number_without_a_batch_may_stand_behind_z():
    model = inpainter("float32", head_layers=[lambda x: x / (1 + keras.ops.max(keras.ops.abs(x)))])
    y, mask = np.full((2, 6, 5, 2), 0.5, "float32"), np.ones((2, 6, 5, 1), "float32")
    for training in (False, True):
        assert (
            DLNet(model, Masking(), 2, step_size=0.01)({"degraded": y, "mask": mask}, training=training).shape
            == y.shape
        )
