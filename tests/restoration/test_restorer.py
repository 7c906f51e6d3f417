"""Models as functions of arrays."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.degradations import BlurDownsample, Masking
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate
from dlnet_tf.restoration import Restorer
from dlnet_tf.restoration.model_inputs import ModelInputs
from tests import stand_in


@pytest.fixture(scope="module")
def model():
    return DLNet(stand_in.idn(), BlurDownsample(3), 3, GradientUpdate(4.0, damping=None))


def degraded(batch, height, width):
    return np.random.default_rng(0).random((batch, height, width, 1))


@pytest.mark.slow
def test_a_dlnet_restores_as_when_it_is_called():
    model = DLNet(stand_in.idn(), BlurDownsample(3), 3, GradientUpdate(4.0))
    restorer = Restorer(model)
    y, u = degraded(2, 6, 7), np.array([0.3, 2.0])
    restored, fidelity = restorer.with_fidelity(y, u)
    inputs = {"degraded": y.astype("float32"), "blur_width": u.astype("float32")}
    expected, expected_fidelity = model.restore_with_fidelity(inputs)
    np.testing.assert_allclose(restored, expected, atol=1e-5)
    np.testing.assert_allclose(fidelity, expected_fidelity, rtol=1e-4)
    assert restored.shape == (2, 18, 21, 1) and restored.dtype == np.float32 and fidelity.shape == (3, 2)
    np.testing.assert_allclose(restorer(y, u), restored, atol=1e-6)


def test_a_kernel_takes_the_place_of_a_width():
    # Undoing a kernel is exact far from the border only.
    model = DLNet(stand_in.idn(), BlurDownsample(3), 3, GradientUpdate(4.0, damping=None))
    restorer, y = Restorer(model), degraded(1, 6, 7)
    reach = np.arange(-7, 8) ** 2
    gaussian = np.exp(-(reach[:, None] + reach) / (2 * 1.5**2))
    by_kernel = restorer(y, kernel=gaussian[None] / gaussian.sum())
    np.testing.assert_allclose(by_kernel, restorer(y, np.array([1.5])), atol=1e-5)


def test_a_backbone_sees_the_degraded_image_alone(model):
    y = degraded(1, 5, 4)
    restored, fidelity = Restorer(model.backbone).with_fidelity(y, np.array([1.3]))
    assert fidelity is None
    np.testing.assert_allclose(restored, model.backbone({"degraded": y.astype("float32")}), atol=1e-6)


def test_sizes_share_one_trace_which_asks_for_no_more_than_it_gives(model, monkeypatch):
    restorer, traces = Restorer(model), []
    call = model.call

    def recorded(*arguments, return_fidelity=False, **options):
        traces.append(return_fidelity)
        return call(*arguments, return_fidelity=return_fidelity, **options)

    monkeypatch.setattr(model, "call", recorded)
    sizes = ((1, 5, 6), (1, 7, 9), (2, 4, 4), (1, 8, 3), (3, 6, 6))
    for batch, height, width in sizes:
        assert restorer(degraded(batch, height, width), np.ones(batch)).shape == (batch, 3 * height, 3 * width, 1)
    assert traces == [False]
    for batch, height, width in sizes:
        assert restorer.with_fidelity(degraded(batch, height, width), np.ones(batch))[1].shape == (3, batch)
    assert traces == [False, True]


def test_values_that_are_not_finite_are_refused():
    restorer = Restorer(DLNet(stand_in.idn(), BlurDownsample(3), 3, AdamUpdate(1e36), name="wild"))
    for run in (restorer, restorer.with_fidelity):
        with pytest.raises(UsageError, match="^wild: found restored values that are not finite; try fewer --num_steps"):
            run(degraded(1, 6, 7), np.array([1.0]))


def test_the_number_of_steps_may_change(model):
    y, u = degraded(1, 5, 5), np.array([1.0])
    before = Restorer(model).with_fidelity(y, u)[1]
    model.num_steps = 5
    try:
        assert Restorer(model).with_fidelity(y, u)[1].shape == (5, 1)
    finally:
        model.num_steps = 3
    np.testing.assert_array_equal(Restorer(model).with_fidelity(y, u)[1], before)


def test_a_network_of_one_size_and_a_mask():
    degraded_input = keras.Input((8, 6, 2), name="degraded")
    x = keras.layers.Conv2D(4, 3, padding="same", name="z")(degraded_input)
    network = keras.Model({"degraded": degraded_input}, keras.layers.Conv2D(2, 3, padding="same")(x))
    model = DLNet(network, Masking(), 2, GradientUpdate(0.1))
    y = np.random.default_rng(1).random((3, 8, 6, 2))
    mask = (y[..., :1] > 0.5).astype(np.float32)
    restored = Restorer(model)(y, mask=mask)
    np.testing.assert_allclose(restored, model({"degraded": y.astype("float32"), "mask": mask}), atol=1e-5)


def test_a_backbone_is_given_what_its_inputs_name():
    degraded_input, mask_input = keras.Input((4, 4, 3), name="degraded"), keras.Input((4, 4, 1), name="mask")
    network = keras.Model({"degraded": degraded_input, "mask": mask_input}, degraded_input + 2 * mask_input, name="two")
    y, mask = np.random.default_rng(2).random((2, 4, 4, 3)), np.ones((2, 4, 4, 1))
    restored, fidelity = Restorer(network).with_fidelity(y, mask=mask, edges=mask)
    assert fidelity is None
    np.testing.assert_allclose(restored, y + 2, atol=1e-6)
    np.testing.assert_array_equal(Restorer(network)(y, mask=mask), restored)
    with pytest.raises(UsageError, match=r"^two: found inputs \['degraded'\], expected \['mask'\] too$"):
        Restorer(network)(y)


@pytest.mark.parametrize(
    ("y", "given", "words"),
    [
        (degraded(1, 6, 7)[0], {"blur_width": np.ones(1)}, r"found degraded of shape \[6, 7, 1\], expected \[any"),
        (np.zeros((1, 6, 7, 3)), {"blur_width": np.ones(1)}, r"found degraded of shape \[1, 6, 7, 3\], expected"),
        (degraded(2, 6, 7), {"blur_width": np.ones(1)}, "found batches of degraded 2, blur_width 1, expected one size"),
        (degraded(1, 6, 7), {"blur_width": 1.3}, r"found blur_width of shape \[\], expected \[any\]"),
        (degraded(1, 6, 7), {"kernel": np.ones((3, 3)) / 9}, r"found kernel of shape \[3, 3\], expected \[any"),
        (degraded(1, 6, 7), {"blur_width": np.array(["x"])}, "found blur_width of <U1, expected an array of numbers"),
        (degraded(1, 6, 7), {"blur_width": np.ones(1), "noise_sigma": np.ones((1, 1))}, r"found noise_sigma of shape"),
        (degraded(1, 6, 7), {}, "expected exactly one of"),
    ],
)  # fmt: skip
def test_arguments_that_do_not_fit_are_refused(model, y, given, words):
    for run in (Restorer(model), Restorer(model).with_fidelity):
        with pytest.raises(UsageError, match=words) as refusal:
            run(y, **given)
        assert "\n" not in str(refusal.value)


class Broken(keras.layers.Layer):
    """Fails as a layer of a tampered configuration does: in Python, or in an operation."""

    def __init__(self, how, **options):
        super().__init__(**options)
        self.how = how

    def call(self, x):
        if self.how == "trace":
            return x + [][1]
        if self.how == "number":
            return x * 10.0**1000
        return x + x[:, 1:-1]

    def compute_output_shape(self, shape):
        return shape


@pytest.mark.parametrize("how", ["trace", "number", "operation"])
def test_a_model_that_fails_when_it_is_called_is_refused_with_the_cause(how):
    image = keras.Input((None, None, 1), name="degraded")
    restorer = Restorer(keras.Model({"degraded": image}, Broken(how)(image), name="broken"))
    for run in (restorer, restorer.with_fidelity):
        with pytest.raises(UsageError, match=r"^broken: cannot restore degraded \[1, 6, 7, 1\] \(.") as refusal:
            run(degraded(1, 6, 7))
        assert isinstance(
            refusal.value.__cause__,
            IndexError if how == "trace" else OverflowError if how == "number" else tf.errors.InvalidArgumentError,
        )
        assert "\n" not in str(refusal.value) and "\x1b" not in str(refusal.value)


@pytest.mark.parametrize("kind", [AttributeError, LookupError, TypeError, ValueError])
def test_mistakes_of_ours_are_not_hidden(model, monkeypatch, kind):
    def mistaken(*_):
        raise kind("ours")

    for part, place in ((ModelInputs, "spec"), (Restorer, "_finite")):
        restorer = Restorer(model)
        monkeypatch.setattr(part, place, mistaken)
        with pytest.raises(kind, match="ours"):
            restorer(degraded(1, 6, 7), np.ones(1))
        monkeypatch.undo()


def test_a_layer_that_has_to_know_sizes_is_told_them():
    inputs = keras.Input((None, None, 1), name="degraded")
    model = keras.Model({"degraded": inputs}, keras.layers.UpSampling2D(2, interpolation="bilinear")(inputs))
    restore = Restorer(model)
    for height in (6, 8):
        y = degraded(2, height, 5)
        np.testing.assert_allclose(restore(y), model({"degraded": y}), atol=1e-6)
