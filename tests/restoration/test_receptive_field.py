"""How far models see, against the support of what one pixel changes."""

from fractions import Fraction

import keras
import numpy as np
import pytest
from keras import layers

from dlnet_tf import backbones
from dlnet_tf.backbones.bicubic import BicubicUpscale
from dlnet_tf.degradations import BlurDownsample, Degradation
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate, NeutralStart, TotalVariation
from dlnet_tf.reach import Reach
from dlnet_tf.restoration import Restorer
from dlnet_tf.restoration.receptive_field import magnification, receptive_field
from tests import stand_in


def alive(network):
    """Gives a network positive weights without biases, so that nothing is cancelled and black stays black."""
    random = np.random.default_rng(0)
    for variable in network.variables:
        shape = variable.shape
        value = random.uniform(0.5, 1, shape) / np.prod(shape[:-1]) if len(shape) == 4 else np.zeros(shape)
        variable.assign(value)
    return network


def support(model, scale, side, **parameters):
    """First and last restored pixel that one bright pixel of a black image changes, from that pixel's place on."""
    degraded = np.zeros((1, side, side, 1), np.float32)
    degraded[0, side // 2, side // 2] = 1e15
    changed = Restorer(model)(degraded, **parameters)[0, ..., 0] != 0
    rows, columns = (np.flatnonzero(changed.any(axis=axis)) - scale * (side // 2) for axis in (1, 0))
    np.testing.assert_array_equal(rows, columns)
    assert rows[0] > -scale * (side // 2) and rows[-1] < scale * (side - side // 2) - 1
    return int(rows[0]), int(rows[-1])


@pytest.mark.parametrize(("name", "scale"), [("idn", 2), ("idn", 3), ("vdsr", 3), ("drrn", 4)])
def test_a_backbone_sees_exactly_so_far(name, scale, tmp_path):
    network = alive(getattr(backbones, name)(scale=scale, width=16))
    if scale == 3:
        network.save(tmp_path / "x.keras")
        network = keras.saving.load_model(tmp_path / "x.keras")
    field = receptive_field(network)
    first, last = support(network, scale, 2 * max(field.before, field.after) + 5)
    assert (field.scale, magnification(network)) == (scale, scale)
    # A restored pixel of the degraded pixel q sees q - before to q + after.
    assert field.before == last // scale and field.after == -(first // scale)


@pytest.mark.parametrize(
    ("steps", "scale", "update", "parameters"),
    [
        (3, 2, GradientUpdate(0.1, damping=None), {"blur_width": [3.0]}),
        (2, 3, AdamUpdate(1e-3), {"blur_width": [3.0]}),
        (2, 4, GradientUpdate(0.1, damping=None), {"kernel": np.random.default_rng(1).uniform(0.5, 1, (1, 9, 9))}),
        (3, 3, AdamUpdate(1e-3), {"kernel": np.ones((1, 5, 5))}),
    ],
)
def test_a_dlnet_sees_no_farther_and_hardly_less(steps, scale, update, parameters):
    model = DLNet(alive(stand_in.idn(scale)), BlurDownsample(scale), steps, update)
    parameters = {name: np.asarray(value) for name, value in parameters.items()}
    field = receptive_field(model, {name: value[0] for name, value in parameters.items()})
    first, last = support(model, scale, 2 * max(field.before, field.after) + 5, **parameters)
    assert 0 <= field.before - last // scale <= 2 * (steps - 1)
    assert 0 <= field.after + first // scale <= 2 * (steps - 1)


def test_steps_and_kernels_add_up():
    network = backbones.idn(scale=3)
    fields = [receptive_field(DLNet(network, BlurDownsample(3), steps, AdamUpdate())) for steps in (1, 2, 5)]
    one, two, five = (field.before + field.after for field in fields)
    assert one == sum((receptive_field(network).before, receptive_field(network).after))
    # Each update: 16 of 17 x 17 pixels and 12 + 14 of the blur and the bicubic kernel, in thirds, on each side.
    assert (two - one, five - one) == (2 * 42 / 3, 8 * 42 / 3)
    wide = receptive_field(DLNet(network, BlurDownsample(3), 2, AdamUpdate()), {"kernel": np.zeros((31, 31))})
    assert wide.before - fields[1].before == 2 * (15 - 7) / 3 // 1


def test_layers_of_keras():
    x = degraded = keras.Input((None, None, 1), name="degraded")
    x = layers.Conv2D(4, 4, padding="same", dilation_rate=3)(x)
    x = layers.DepthwiseConv2D(5, padding="same")(x)
    x = layers.SeparableConv2D(4, 3, padding="same")(x)
    x = layers.Conv2DTranspose(1, 7, strides=3, padding="same", name="z")(x)
    network = keras.Model({"degraded": degraded}, x + BicubicUpscale(3)(degraded))
    for layer in network.layers:
        for weight in layer.weights:
            # The depth of a depthwise kernel stands elsewhere.
            weight.assign(np.ones(weight.shape) if "kernel" in weight.path else np.zeros(weight.shape))
    field = receptive_field(network)
    first, last = support(network, 3, 61)
    assert (field.before, field.after) == (last // 3, -(first // 3))


class Tanh(layers.Layer):
    """Has the name of a function of Keras, and sees farther."""

    def call(self, inputs):
        return layers.AveragePooling2D(3, 1, padding="same")(inputs)


@pytest.mark.parametrize(
    "layer",
    [
        Tanh(name="odd"),
        layers.Conv2D(2, 3, strides=2, padding="same", name="odd"),
        layers.Conv2D(2, 3, name="odd"),
        layers.AveragePooling2D(3, 1, padding="same", name="odd"),
        layers.GroupNormalization(1, name="odd"),
        layers.Concatenate(axis=1, name="odd"),
    ],
)
def test_what_is_not_known_is_refused(layer):
    degraded = keras.Input((None, None, 1), name="degraded")
    x = layers.Conv2D(2, 1)(degraded)
    network = keras.Model(degraded, layer([x, x] if isinstance(layer, layers.Concatenate) else x), name="mine")
    with pytest.raises(UsageError, match=r"^mine: layer odd \(\w+\) does not say how far it sees"):
        receptive_field(network)


def test_functions_of_keras_see_a_pixel_alone():
    degraded = keras.Input((None, None, 2), name="degraded")
    x = layers.Rescaling(2.0)(layers.BatchNormalization()(degraded))
    x = keras.ops.tanh(keras.ops.maximum(x, 0.0)) + keras.ops.concatenate([x[..., 1:], -x[..., :1]], axis=-1)
    field = receptive_field(keras.Model(degraded, x))
    assert (field.scale, field.before, field.after) == (1, 0, 0)


def test_priors():
    network = stand_in.idn()
    plain = receptive_field(DLNet(network, BlurDownsample(3), 2, GradientUpdate(1.0, damping=None)))
    prior = TotalVariation(0.1)
    assert (
        receptive_field(DLNet(network, BlurDownsample(3), 2, GradientUpdate(1.0, damping=None), prior=prior)) == plain
    )
    with pytest.raises(UsageError, match="the prior function does not say how far it sees"):
        receptive_field(DLNet(network, BlurDownsample(3), 2, GradientUpdate(1.0, damping=None), prior=lambda x: x))


def test_what_a_degradation_does_not_tell_is_refused():
    class Mine(BlurDownsample):
        inverse_reach = Degradation.inverse_reach
        reach = Degradation.reach

    with pytest.raises(UsageError, match="^Mine: does not say how far it reaches"):
        receptive_field(DLNet(stand_in.idn(), Mine(3), 2, AdamUpdate()))
    with pytest.raises(UsageError, match="^Mine: does not say how far its inverse reaches"):
        receptive_field(DLNet(stand_in.idn(), Mine(3), 2, AdamUpdate(), start=NeutralStart()))


def test_a_layer_may_tell_how_far_it_sees():
    class Shift(layers.Layer):
        def call(self, inputs):
            return inputs

        def reach(self):
            return Reach(before=Fraction(3))

    degraded = keras.Input((None, None, 1), name="degraded")
    field = receptive_field(keras.Model(degraded, layers.Conv2D(1, 3, padding="same")(Shift()(degraded))))
    assert (field.before, field.after) == (4, 1)
