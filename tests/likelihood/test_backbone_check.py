"""Backbones that no DL-Net can be made of get one line."""

import re

import keras
import pytest
from keras import layers

from dlnet_tf.degradations import BlurDownsample, Masking
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import DLNet
from tests.likelihood.networks import inpainter, upscaler


def network(outputs="one", size=(None, None), **options):
    degraded = keras.Input((*size, 3), name="y", **options)
    z = layers.Conv2D(4, 3, padding="same", name="z")(degraded)
    x = layers.Conv2D(3, 3, padding="same", name="x")(z)
    other = layers.Conv2D(3, 3, padding="same", name="other")(z)
    gray = layers.Conv2D(1, 3, padding="same", name="gray")(z)
    kinds = {"one": x, "two": [x, other], "dict": {"x": x}, "list": [x], "gray": gray}
    return keras.Model(degraded, kinds[outputs], name="mine")


def two_inputs(second):
    inputs = [keras.Input((8, 8, 3), name=name) for name in ("image", second)]
    z = layers.Conv2D(4, 3, padding="same", name="z")(layers.Concatenate()(inputs))
    return keras.Model(inputs, layers.Conv2D(3, 3, padding="same")(z), name="mine")


@pytest.mark.parametrize(
    ("model", "degradation", "words"),
    [
        (lambda: network("two"), Masking(), "mine: found 2 outputs, expected one"),
        (lambda: network("dict"), Masking(), "mine: found a dict of outputs, expected one"),
        (lambda: network("list"), Masking(), "mine: found a list of outputs, expected one"),
        (lambda: network("gray"), Masking(), "mine: found restored images of 1 channels for .* 3, expected as many"),
        (lambda: network(batch_size=3), Masking(), "mine: found input 'y' of batches of 3, expected"),
        (lambda: two_inputs("other"), Masking(), "mine: found inputs image, other, expected one .* called degraded"),
        (network, BlurDownsample(2), "mine: found restored images of 24 x 24 .*, expected 48 x 48 for BlurDownsample"),
        (lambda: network(size=(8, 9)), BlurDownsample(3), "found restored images of 9 x 8 .*, expected 27 x 24"),
        (lambda: upscaler("float32"), BlurDownsample(3), "found restored images of 48 x 48 .*, expected 72 x 72"),
    ],
)
def test_what_does_not_fit_is_refused(model, degradation, words):
    with pytest.raises(UsageError, match=words):
        DLNet(model(), degradation, 2, step_size=1e-3)


@pytest.mark.parametrize(
    ("model", "degradation", "words"),
    [
        (network, "mask", "DLNet: found 'mask' as the degradation, expected a Degradation, as .* is"),
        (network, Masking, "DLNet: found <class '.*Masking'> as the degradation, expected a Degradation, as .* is"),
        (network, None, "DLNet: found NoneType as the degradation, expected a Degradation, as .* is"),
        (lambda: "idn", Masking(), "DLNet: found 'idn' as the backbone, expected a keras.Model, as .* is"),
        (Masking, network(), "DLNet: found Masking as the backbone, expected a keras.Model, as .* is"),
    ],
)
def test_what_is_no_model_or_no_degradation_is_refused(model, degradation, words):
    with pytest.raises(UsageError) as refusal:
        DLNet(model(), degradation, 2)
    assert re.fullmatch(words, str(refusal.value))


def test_what_fits_is_taken():
    for model, degradation in ((network(), Masking()), (two_inputs("degraded"), Masking())):
        DLNet(model, degradation, 2, step_size=1e-3)
    DLNet(inpainter("float32"), Masking(), 2, step_size=1e-3)
    DLNet(upscaler("float32"), BlurDownsample(2), 2, step_size=1e-3)
