import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from dlnet_tf.degradations import BlurDownsample, Masking
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate, TotalVariation, largest_eigenvalue
from dlnet_tf.saved_model import export_folder
from tests.likelihood.networks import inpainter, upscaler


def batch(size=6, count=4, seed=0):
    """Smooth images with a blur each, and what was clean."""
    random = np.random.default_rng(seed)
    row, column = np.mgrid[: 2 * size, : 2 * size] / size
    waves = [np.sin(4 * (a * row + b * column + c)) for a, b, c in random.random((count, 3))]
    clean = 0.5 + 0.4 * np.stack(waves)[..., None].astype("float32")
    width = np.linspace(0, 2, count, dtype="float32")
    return {"degraded": np.asarray(BlurDownsample(2)(clean, {"blur_width": width})), "blur_width": width}, clean


def test_step_size_is_short_for_adam():
    model = DLNet(upscaler("float32"), BlurDownsample(2), step_size=0.02)
    assert type(model.update) is AdamUpdate and model.update.step_size == 0.02 and model.num_steps == 5
    default = DLNet(upscaler("float32"), BlurDownsample(2)).update
    assert type(default) is AdamUpdate and default.step_size == 1e-3
    with pytest.raises(ValueError, match="expected one of them"):
        DLNet(upscaler("float32"), BlurDownsample(2), update=AdamUpdate(), step_size=0.02)


def test_all_weights_exist_when_it_is_made():
    backbone = upscaler("float32")
    assert DLNet(backbone, BlurDownsample(2)).count_params() == backbone.count_params()
    model = DLNet(backbone, BlurDownsample(2), update=GradientUpdate())
    # A step size for each of 4 updates and 5 channels, their base, two dampings an update and two of the start.
    assert model.count_params() == backbone.count_params() + 4 * 5 + 1 + 2 * 4 + 2
    own = [model.update.factors, *model.update.dampings.variables, *model.start.variables]
    ids = [id(variable) for variable in model.trainable_variables]
    assert sorted(ids) == sorted({id(v) for v in [*backbone.trainable_variables, *own]})


@pytest.mark.parametrize("update", [AdamUpdate(1e-2), pytest.param(GradientUpdate(), marks=pytest.mark.slow)])
def test_fit_lowers_the_loss_without_xla_on_a_cpu(update):
    inputs, clean = batch()
    model = DLNet(upscaler("float32"), BlurDownsample(2), 3, type(update).from_config(update.get_config()))
    model.compile(keras.optimizers.Adam(3e-3), "mse", metrics=["mae"])
    assert not model.jit_compile
    history = model.fit(inputs, clean, epochs=8, batch_size=2, shuffle=False, verbose=0).history["loss"]
    assert history[-1] < 0.7 * history[0]
    if isinstance(model.update, GradientUpdate):
        assert np.all(np.abs(model.update.factors - 1) > 1e-4)
    assert np.isfinite(model.evaluate(inputs, clean, verbose=0)).all()


def counted(model, monkeypatch):
    """The list to which every trace, and every other call of the model, adds whether it is one of training."""
    calls, call = [], model.call

    def recorded(*arguments, training=None, **options):
        calls.append(training)
        return call(*arguments, training=training, **options)

    monkeypatch.setattr(model, "call", recorded)
    return calls


def test_fit_traces_its_first_step_once(monkeypatch):
    inputs, clean = batch()
    model = DLNet(upscaler("float32"), BlurDownsample(2), 2, step_size=1e-2)
    model.compile("adam", "mse")
    calls = counted(model, monkeypatch)
    model.fit(inputs, clean, epochs=2, batch_size=2, verbose=0)
    assert calls == [True]


def test_an_export_traces_each_signature_once(tmp_path, monkeypatch):
    model = DLNet(upscaler("float32"), BlurDownsample(2), 2, step_size=1e-2)
    calls = counted(model, monkeypatch)
    model.export(tmp_path / "model")
    assert calls == [False] * len(model.signatures()) and len(calls) == 2


def test_without_compile_fit_says_what_keras_says():
    inputs, clean = batch()
    with pytest.raises(ValueError, match="call `compile"):
        DLNet(upscaler("float32"), BlurDownsample(2), 2).fit(inputs, clean, verbose=0)


class LatePrior(layers.Layer):
    """A prior whose weights are made in its first call."""

    def __init__(self):
        super().__init__(name="late_prior")
        self.convolution = layers.Conv2D(1, 3)

    def call(self, restored):
        return keras.ops.mean(self.convolution(restored) ** 2, axis=(1, 2, 3))


def test_a_prior_that_is_built_in_the_first_step_is_trained_too():
    inputs, clean = batch()
    model = DLNet(upscaler("float32"), BlurDownsample(2), 2, step_size=1e-2, prior=LatePrior())
    model.compile(keras.optimizers.Adam(1e-2), "mse")
    model.fit(inputs, clean, epochs=2, verbose=0)
    assert len(model.likelihood.prior.weights) == 2 and len(model.optimizer.variables) == 2 + 2 * len(
        model.trainable_variables
    )


def test_k_can_be_changed_at_inference():
    inputs, _ = batch()
    backbone = upscaler("float32")
    model = DLNet(backbone, BlurDownsample(2), 3, GradientUpdate(damping=None))
    predictions = {}
    for num_steps in (3, 1, 6):
        model.num_steps = num_steps
        predictions[num_steps] = model.predict(inputs, verbose=0)
        other = DLNet(backbone, BlurDownsample(2), num_steps, GradientUpdate(model.update.step_size, damping=None))
        np.testing.assert_allclose(predictions[num_steps], other.predict(inputs, verbose=0), atol=1e-6)
    np.testing.assert_array_equal(predictions[1], backbone.predict({"degraded": inputs["degraded"]}, verbose=0))
    with pytest.raises(ValueError, match="num_steps is 0"):
        model.num_steps = 0


def test_one_step_is_trained_without_a_warning_and_keeps_step_sizes_for_more():
    inputs, clean = batch()
    model = DLNet(upscaler("float32"), BlurDownsample(2), 1, GradientUpdate())
    model.compile("adam", "mse")
    model.fit(inputs, clean, verbose=0)
    before = model.predict(inputs, verbose=0)
    model.num_steps = 3
    assert np.abs(model.predict(inputs, verbose=0) - before).max() > 1e-4


def test_step_sizes_are_calibrated_to_half_of_what_is_stable():
    """With a linear h descent is stable up to twice the step size, and not beyond."""
    keras.utils.set_random_seed(0)
    y = keras.Input((None, None, 1), name="degraded")
    z = layers.Conv2D(4, 3, padding="same", name="z")(y)
    backbone = keras.Model(y, layers.Conv2DTranspose(1, 4, strides=2, padding="same")(z))
    inputs, _ = batch(size=16)
    model = DLNet(backbone, BlurDownsample(2), 40, GradientUpdate())
    a = model.update.step_size
    np.testing.assert_allclose(model.update.step_sizes, np.full((39, 4), a), rtol=1e-6)
    for factor, stable in ((1.0, True), (1.8, True), (2.5, False)):
        model.update.rebase(factor * a)
        _, fidelity = model.restore_with_fidelity(inputs)
        fell = np.diff(fidelity, axis=0) < 0
        assert np.all(fell) if stable else fidelity[-1, 0] > fidelity[0, 0], factor


def test_calibration_on_given_images_follows_their_curvature():
    inputs, _ = batch()
    model = DLNet(upscaler("float32"), BlurDownsample(2), 2, GradientUpdate(1.0, damping=None))
    operator = BlurDownsample(2).bind({"blur_width": inputs["blur_width"]}, (12, 12))
    curvature = largest_eigenvalue(model.likelihood.head, model.g({"degraded": inputs["degraded"]}), operator)
    assert np.isclose(model.calibrate(inputs), 0.5 / np.max(curvature), rtol=1e-5)
    assert np.isclose(model.update.step_size, 0.5 / np.max(curvature), rtol=1e-5)
    with pytest.raises(UsageError, match="found AdamUpdate, expected GradientUpdate to calibrate"):
        DLNet(upscaler("float32"), BlurDownsample(2)).calibrate()


def test_calibration_is_the_same_every_time():
    sizes = {DLNet(inpainter("float32"), Masking(), 2, GradientUpdate()).update.step_size for _ in range(2)}
    assert len(sizes) == 1


def test_an_h_that_ends_in_zeros_leaves_z_alone_with_a_warning():
    inputs, _ = batch()
    backbone = upscaler("float32")
    backbone.get_layer("upscale").kernel.assign(np.zeros((5, 5, 1, 5)))
    with pytest.warns(UserWarning, match="does not depend on z yet"):
        model = DLNet(backbone, BlurDownsample(2), 3, GradientUpdate(damping=None))
    np.testing.assert_array_equal(model(inputs), backbone({"degraded": inputs["degraded"]}))


@pytest.mark.parametrize("update", [AdamUpdate(1e-2, "printed"), GradientUpdate()])
def test_it_comes_back_from_a_file_with_its_optimizer(update, tmp_path, monkeypatch):
    inputs, clean = batch()
    update = type(update).from_config(update.get_config())
    model = DLNet(upscaler("float32"), BlurDownsample(2), 2, update, layer="z_act", prior=TotalVariation(1e-3))
    model.compile(keras.optimizers.Adam(1e-3), "mse")
    model.fit(inputs, clean, verbose=0)
    model.save(tmp_path / "model.keras")
    monkeypatch.setattr(DLNet, "calibrate", None)  # what was learned is not measured anew
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert (again.num_steps, again.layer, again.likelihood.prior.weight) == (2, "z_act", 1e-3)
    np.testing.assert_array_equal(again.predict(inputs, verbose=0), model.predict(inputs, verbose=0))
    for new, old in zip(again.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(new, old)
    monkeypatch.undo()
    again.fit(inputs, clean, verbose=0)


def test_weights_alone_come_back_too(tmp_path):
    inputs, _ = batch()
    model, other = (DLNet(upscaler("float32"), BlurDownsample(2), 4, GradientUpdate()) for _ in range(2))
    for variable in other.variables:
        variable.assign(variable * 0.5)
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(other(inputs), model(inputs))


def test_any_functional_model_becomes_a_dlnet():
    inputs, clean = batch()
    y = keras.Input((6, 6, 1), name="photograph")
    x = layers.Conv2D(4, 3, padding="same", name="mine")(y)
    x = layers.Conv2DTranspose(1, 4, strides=2, padding="same")(layers.ReLU()(x))
    model = DLNet(keras.Model(y, x), BlurDownsample(2), layer="mine")
    model.compile("adam", "mse")
    model.fit(inputs, clean, verbose=0)
    assert model.predict(inputs, verbose=0).shape == clean.shape
    sequential = keras.Sequential(
        [keras.Input((6, 6, 1)), layers.Conv2D(4, 3, padding="same", name="z"), *model.backbone.layers[2:]]
    )
    assert DLNet(sequential, BlurDownsample(2), 2)(inputs).shape == clean.shape


def test_further_inputs_of_the_backbone_are_taken_by_name():
    y, mask = keras.Input((6, 6, 2), name="degraded"), keras.Input((6, 6, 1), name="mask")
    z = layers.Conv2D(3, 3, padding="same", name="z")(layers.Concatenate()([y, mask]))
    x = layers.Multiply()([layers.Conv2D(2, 3, padding="same")(layers.ReLU()(z)), mask])
    random = np.random.default_rng(0)
    inputs = {"mask": np.round(random.random((2, 6, 6, 1))).astype("float32")}
    inputs["degraded"] = random.random((2, 6, 6, 2), dtype="float32") * inputs["mask"]
    for structure in ({"degraded": y, "mask": mask}, [mask, y]):
        backbone = keras.Model(structure, x)
        expected = backbone(keras.tree.map_structure(lambda tensor: inputs[tensor.name], structure))
        np.testing.assert_array_equal(DLNet(backbone, Masking(), 1)(inputs), expected)
        model = DLNet(backbone, Masking(), 3, GradientUpdate())
        assert set(model.input_signature()) == {"degraded", "mask"} and model(inputs).shape == (2, 6, 6, 2)


def test_missing_inputs_are_named():
    inputs, _ = batch()
    model = DLNet(upscaler("float32"), BlurDownsample(2))
    with pytest.raises(UsageError, match="found inputs .'blur_width'., expected .'degraded'. too"):
        model({"blur_width": inputs["blur_width"]})
    with pytest.raises(UsageError, match="expected exactly one of"):
        model({"degraded": inputs["degraded"]})
    with pytest.raises(UsageError, match="as the input, expected a dict of degraded, blur_width"):
        model(inputs["degraded"])


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("blur_width", (1, 1), r"\[batch\]"),
        ("blur_width", (4, 1), r"\[batch\]"),
        ("kernel", (3, 3), r"\[batch, any, any\]"),
        ("kernel", (4, 3, 3, 1), r"\[batch, any, any\]"),
        ("degraded", (6, 6, 1), r"\[batch, height, width, channels\]"),
    ],
)
def test_an_input_of_another_shape_is_named(name, shape, expected):
    inputs, _ = batch()
    model = DLNet(upscaler("float32"), BlurDownsample(2), 2, GradientUpdate(0.1))
    if name == "kernel":
        del inputs["blur_width"]
    assert_named(model, inputs | {name: np.ones(shape, "float32")}, name, expected)


@pytest.mark.parametrize("shape", [(2, 8, 9, 1), (2, 9, 8, 1), (1, 4, 4, 1), (1, 1, 1, 1), (2, 8, 8)])
def test_a_mask_of_another_size_than_its_image_is_named(shape):
    inputs = {"degraded": np.ones((2, 8, 8, 2), "float32"), "mask": np.ones(shape, "float32")}
    model = DLNet(inpainter("float32"), Masking(), 2, GradientUpdate(0.1))
    assert_named(model, inputs, "mask", r"\[batch, 8, 8, 1\]")
    with pytest.raises(UsageError, match=r"mask: found shape .*, expected \[batch, 8, 8, 1\]"):
        Masking()(inputs["degraded"], {"mask": inputs["mask"]})


def assert_named(model, inputs, name, expected):
    found = re.escape(str(list(inputs[name].shape)))
    with pytest.raises(UsageError, match=f"{name}: found shape {found}, expected {expected}"):
        model(inputs)


def test_predict_takes_one_parameter_for_all_images():
    inputs, _ = batch()
    model = DLNet(upscaler("float32"), BlurDownsample(2), 2, GradientUpdate(0.1))
    degraded, count = inputs["degraded"], len(inputs["degraded"])
    expected = model.predict({"degraded": degraded, "blur_width": np.full(count, 1.3, "float32")}, verbose=0)
    found = model.predict({"degraded": degraded, "blur_width": np.array([1.3], "float32")}, batch_size=3, verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    for wrong in (np.ones(count - 1, "float32"), 1.3):
        with pytest.raises(UsageError, match=f"blur_width: found shape .*, expected a leading batch axis of {count}"):
            model.predict({"degraded": degraded, "blur_width": wrong}, verbose=0)


def test_training_and_evaluation_take_one_parameter_for_all_images():
    inputs, clean = batch()
    several, one = (inputs | {"blur_width": np.full(count, 1.3, "float32")} for count in (4, 1))
    losses = []
    for x in (several, one):
        model = DLNet(upscaler("float32"), BlurDownsample(2), 2, GradientUpdate(0.1, damping=None))
        model.compile("adam", "mse")
        history = model.fit(x, clean, batch_size=2, shuffle=False, validation_data=(x, clean), verbose=0).history
        losses.append([*history["loss"], *history["val_loss"], model.evaluate(x, clean, batch_size=3, verbose=0)])
        for ask in (model.fit, model.evaluate):
            with pytest.raises(UsageError, match="blur_width: found shape .*, expected a leading batch axis of 4 or 1"):
                ask(inputs | {"blur_width": np.float32(1.3)}, clean, verbose=0)
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_noise_sigma_reaches_the_fidelity():
    inputs, _ = batch()
    model = DLNet(upscaler("float32"), BlurDownsample(2), 3, GradientUpdate(damping=None))
    untouched = model.backbone({"degraded": inputs["degraded"]})
    noisy = model(inputs | {"noise_sigma": np.full(4, 10.0, "float32")})
    assert np.abs(noisy - untouched).max() < 1e-3 * np.abs(model(inputs) - untouched).max()


def test_a_kernel_may_stand_for_the_blur_width():
    inputs, _ = batch()
    model = DLNet(upscaler("float32"), BlurDownsample(2), 3, GradientUpdate(damping=None))
    kernel = np.zeros((4, 3, 3), "float32")
    kernel[:, 1, 1] = 1
    expected = model({"degraded": inputs["degraded"], "blur_width": np.zeros(4, "float32")})
    np.testing.assert_allclose(model({"degraded": inputs["degraded"], "kernel": kernel}), expected, atol=1e-5)


def test_the_loop_stays_in_float32_under_a_global_half_precision_policy():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        inputs, clean = batch()
        model = DLNet(upscaler("float32", precision="mixed_bfloat16"), BlurDownsample(2), 3, GradientUpdate())
        model.compile("adam", "mse")
        model.fit(inputs, clean, verbose=0)
        restored, fidelity = model.restore_with_fidelity(inputs)
    finally:
        keras.config.set_dtype_policy("float32")
    assert {tensor.dtype.name for tensor in (restored, fidelity)} == {"float32"}
    assert {variable.dtype for variable in model.variables} == {"float32"}


def test_the_signature_of_the_inputs_leaves_sizes_open():
    signature = DLNet(upscaler("float32"), BlurDownsample(2)).input_signature()
    assert {name: spec.shape for name, spec in signature.items()} == {
        "degraded": (None, None, None, 1),
        "blur_width": (None,),
    }
    signature = DLNet(inpainter("float32", size=(8, 8)), Masking()).input_signature()
    assert {name: spec.shape for name, spec in signature.items()} == {
        "degraded": (None, 8, 8, 2),
        "mask": (None, None, None, 1),
    }


@pytest.mark.slow
def test_the_export_takes_named_inputs_of_any_size(tmp_path):
    inputs, _ = batch()
    # As with Keras, the second replaces the first. Those that undo the blur are exported in test_conformance.py.
    for num_steps in (1, 3):
        model = DLNet(upscaler("float32"), BlurDownsample(2), num_steps, GradientUpdate(damping=None))
        model.export(tmp_path / "model", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "model")
    for share in (slice(None), slice(1, 2)):
        part = {"degraded": inputs["degraded"][share, :, 1:], "blur_width": inputs["blur_width"][share]}
        for served in (
            loaded.serve(part),
            loaded.signatures["serving_default"](**{key: tf.constant(value) for key, value in part.items()}),
        ):
            assert list(served) == ["restored"]
            np.testing.assert_allclose(served["restored"], model(part), atol=1e-5)


def test_signatures_may_differ_in_their_shapes_alone(tmp_path):
    model = DLNet(upscaler("float32"), BlurDownsample(2), 2, GradientUpdate(damping=None))
    inputs, _ = batch()
    shapes = {"any": (None, None, None, 1), "small": (None, 4, 4, 1)}
    signatures = {
        name: {"degraded": keras.InputSpec("float32", shape), "blur_width": keras.InputSpec("float32", (None,))}
        for name, shape in shapes.items()
    }
    export_folder(model, tmp_path / "model", signatures)
    loaded = tf.saved_model.load(tmp_path / "model")
    part = {"degraded": inputs["degraded"][:, :4, :4], "blur_width": inputs["blur_width"]}
    for name in shapes:
        served = loaded.signatures[name](**{key: tf.constant(value) for key, value in part.items()})["restored"]
        np.testing.assert_allclose(served, model(part), atol=1e-5)


def test_another_format_is_left_to_keras(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(keras.Model, "export", lambda self, *args, **kwargs: calls.append((args, kwargs)))
    model = DLNet(upscaler("float32"), BlurDownsample(2), 3)
    model.export(tmp_path / "model", format="onnx", opset_version=18)
    (((path,), options),) = calls
    assert path == tmp_path / "model" and (options["format"], options["opset_version"]) == ("onnx", 18)
    assert {name: spec.shape for name, spec in options["input_signature"][0].items()} == {
        "degraded": (None, None, None, 1),
        "blur_width": (None,),
    }


def test_xla_predicts_what_the_graph_does():
    inputs, _ = batch()
    model = DLNet(upscaler("float32"), BlurDownsample(2), 3, step_size=1e-3)
    expected = model.predict(inputs, verbose=0)
    model.compile("adam", "mse", jit_compile=True)
    np.testing.assert_allclose(model.predict(inputs, verbose=0), expected, atol=1e-4)


def test_the_losses_of_activities_are_counted_in_evaluation_once():
    regularizer = keras.regularizers.L2(1.0)
    model = DLNet(
        inpainter("float32", head_layers=[layers.Activation("linear", activity_regularizer=regularizer)]), Masking(), 3
    )
    random = np.random.default_rng(0)
    clean = random.random((4, 8, 8, 2), "float32")
    inputs = {"degraded": clean, "mask": np.ones((4, 8, 8, 1), "float32")}
    model.compile("adam", "mse")
    error = np.mean((model.predict(inputs, verbose=0) - clean) ** 2)
    model(inputs, training=False)
    (activity,) = model.losses
    assert activity > 0
    assert model.evaluate(inputs, clean, batch_size=4, verbose=0) == pytest.approx(error + float(activity), rel=1e-4)
    model.fit(inputs, clean, validation_data=(inputs, clean), verbose=0)


def test_num_steps_may_be_an_integer_of_numpy():
    model = DLNet(upscaler("float32"), BlurDownsample(2), np.int64(3), step_size=1e-3)
    assert type(model.num_steps) is int and model.get_config()["num_steps"] == 3
    with pytest.raises(ValueError, match="num_steps is True"):
        model.num_steps = True
