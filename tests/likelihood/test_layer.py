import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from dlnet_tf.degradations import BlurDownsample, LinearOperator, Masking
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import AdamUpdate, DLNetLayer, GradientUpdate, TotalVariation, split
from tests.likelihood.networks import inpainter, upscaler


def masked(dtype="float64", batch=3, size=(6, 7), seed=0):
    random = np.random.default_rng(seed)
    mask = (random.random((batch, *size, 1)) > 0.4).astype(dtype)
    return {"degraded": random.random((batch, *size, 2)).astype(dtype) * mask, "mask": mask}


def blurred(dtype="float64", batch=3, size=(5, 4), seed=0):
    random = np.random.default_rng(seed)
    width = np.linspace(0.0, 2.5, batch).astype(dtype)
    return {"degraded": random.random((batch, *size, 1)).astype(dtype), "blur_width": width}


CASES = {"masking": (inpainter, Masking(), masked), "blur": (upscaler, BlurDownsample(2), blurred)}


def restore(model, degradation, inputs, num_steps, update, prior=None, sigma=None, **options):
    g, h = split(model)
    layer = DLNetLayer(h, degradation, num_steps, update, prior)
    parameters = degradation.select(inputs) | ({} if sigma is None else {"noise_sigma": sigma})
    y = inputs["degraded"]
    return layer(g({"degraded": y}), degraded=y, parameters=parameters, **options)


def plain_tape(model, degradation, inputs, num_steps, update, prior=None, sigma=None):
    """Eq. (4) and (5) as they stand: the derivative of the whole fidelity, taken by TensorFlow."""
    g, h = split(model)
    z, *crossing = keras.tree.flatten(g({"degraded": inputs["degraded"]}))
    if not update.built:
        update.build((num_steps - 1, z.shape[-1]))
    state = None
    for index in range(num_steps - 1):
        with tf.GradientTape() as tape:
            tape.watch(z)
            x = h([z, *crossing])
            fidelity = tf.reduce_sum((degradation(x, degradation.select(inputs)) - inputs["degraded"]) ** 2, (1, 2, 3))
            if sigma is not None:
                fidelity = fidelity / (1 + (sigma / 0.05) ** 2)
            if prior is not None:
                fidelity = fidelity + prior(x)
        change, state = update.step(index, tape.gradient(fidelity, z), state)
        z = z + change
    return h([z, *crossing])


def training_gradient(function, model, *args, **kwargs):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(3.0 * function(model, *args, **kwargs)))
    return loss, tape.gradient(loss, [variable.value for variable in model.trainable_variables])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("update", [AdamUpdate(1e-2), AdamUpdate(1e-2, "printed"), GradientUpdate(0.2, damping=None)])
@pytest.mark.parametrize("extras", [{}, {"prior": TotalVariation(0.1), "sigma": np.array([0.0, 0.02, 0.1])}])
def test_values_and_training_gradients_are_those_of_a_plain_tape(case, update, extras):
    network, degradation, draw = CASES[case]
    model, inputs = network(), draw()
    update = type(update).from_config(update.get_config())
    ours, gradients = training_gradient(restore, model, degradation, inputs, 4, update, **extras)
    expected, reference = training_gradient(plain_tape, model, degradation, inputs, 4, update, **extras)
    np.testing.assert_allclose(ours, expected, rtol=1e-10)
    for ours, expected in zip(gradients, reference, strict=True):
        # A plain sum and an adjoint round differently, and Adam divides by small numbers.
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-7 * np.abs(expected).max())


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("update", [AdamUpdate(1e-1), GradientUpdate(0.2)])
def test_training_gradients_through_three_steps_are_those_of_finite_differences(case, update):
    network, degradation, draw = CASES[case]
    model, inputs = network(), draw()
    update = type(update).from_config(update.get_config())
    arguments = (model, degradation, inputs, 3, update, TotalVariation(0.1))
    _, gradients = training_gradient(restore, *arguments)

    random, h = np.random.default_rng(0), 1e-6
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        value, direction = variable.numpy(), random.normal(size=variable.shape)
        losses = []
        for sign in (1, -1):
            variable.assign(value + sign * h * direction)
            losses.append(tf.reduce_sum(tf.sin(3.0 * restore(*arguments))))
        variable.assign(value)
        numeric = (losses[0] - losses[1]) / (2 * h)
        np.testing.assert_allclose(np.sum(gradient * direction), numeric, rtol=1e-4, atol=1e-6, err_msg=variable.path)


def test_gradients_are_of_second_order():
    """What flows only through the first-order part differs: nothing inside the loop stops a gradient."""
    model, inputs = inpainter(), masked()

    class Stopped(GradientUpdate):
        def step(self, index, gradient, state):
            return super().step(index, tf.stop_gradient(gradient), state)

    _, full = training_gradient(restore, model, Masking(), inputs, 3, GradientUpdate(0.2))
    _, first = training_gradient(restore, model, Masking(), inputs, 3, Stopped(0.2))
    difference = [np.linalg.norm(a - b) / np.linalg.norm(a) for a, b in zip(full, first, strict=True)]
    assert max(difference) > 0.05


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("training", [False, True])
def test_one_step_is_the_backbone_and_so_is_a_step_size_of_zero(case, training):
    network, degradation, draw = CASES[case]
    model, inputs = network("float32"), draw("float32")
    expected = model({"degraded": inputs["degraded"]}, training=training)
    for num_steps, update in ((1, AdamUpdate()), (4, AdamUpdate(0.0)), (4, GradientUpdate(0.0))):
        result = restore(model, degradation, inputs, num_steps, update, training=training)
        np.testing.assert_array_equal(result, expected)


class Counting(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.calls = 0

    def call(self, x):
        self.calls += 1
        return x


class CountingMask(Masking):
    def __init__(self):
        self.binds, self.applied, self.adjoints = 0, 0, 0

    def bind(self, parameters, size):
        self.binds += 1
        operator, counts = super().bind(parameters, size), self

        class Operator(LinearOperator):
            def apply(self, x):
                counts.applied += 1
                return operator.apply(x)

            def adjoint(self, y):
                counts.adjoints += 1
                return operator.adjoint(y)

        return Operator()


@pytest.mark.parametrize("return_fidelity", [False, True])
def test_nothing_is_computed_that_is_not_used(return_fidelity):
    counter, mask = Counting(dtype="float64"), CountingMask()
    model = inpainter(head_layers=[counter])
    counter.calls = 0
    g, h = split(model)
    counter.calls = 0
    layer = DLNetLayer(h, mask, 5)
    inputs = masked()
    # What h is like is found out once.
    layer(g({"degraded": inputs["degraded"]}), degraded=inputs["degraded"], parameters={"mask": inputs["mask"]})
    counter.calls = mask.binds = mask.applied = mask.adjoints = 0
    layer(
        g({"degraded": inputs["degraded"]}),
        degraded=inputs["degraded"],
        parameters={"mask": inputs["mask"]},
        return_fidelity=return_fidelity,
    )
    assert (counter.calls, mask.binds, mask.adjoints) == (5, 1, 4)
    assert mask.applied == (5 if return_fidelity else 4)


@pytest.mark.parametrize("case", CASES)
def test_the_fidelity_is_a_plain_sum_of_each_sample_before_every_update_and_after_the_last(case):
    network, degradation, draw = CASES[case]
    model, inputs = network(), draw()
    options = (model, degradation, inputs)
    restored, fidelity = restore(*options, 3, GradientUpdate(0.2), return_fidelity=True)
    assert fidelity.shape == (3, 3)
    for k in (1, 2, 3):
        x = restore(*options, k, GradientUpdate(0.2))
        expected = np.sum((degradation(x, degradation.select(inputs)) - inputs["degraded"]) ** 2, axis=(1, 2, 3))
        np.testing.assert_allclose(fidelity[k - 1], expected, rtol=1e-12)
    np.testing.assert_array_equal(x, restored)
    assert np.all(np.diff(fidelity, axis=0) < 0)


@pytest.mark.parametrize("update, tolerance", [(GradientUpdate(0.2), 1e-6), (AdamUpdate(1e-3), 4e-5)])
@pytest.mark.parametrize("case", CASES)
def test_a_sample_does_not_depend_on_its_batch(case, update, tolerance):
    network, degradation, draw = CASES[case]
    model, inputs = network("float32"), draw("float32")
    update = type(update).from_config(update.get_config())
    together = restore(model, degradation, inputs, 5, update)
    for i in range(3):
        alone = restore(model, degradation, {key: value[i : i + 1] for key, value in inputs.items()}, 5, update)
        np.testing.assert_allclose(alone[0], together[i], atol=tolerance)


@pytest.mark.parametrize("update", [AdamUpdate(1e-2), GradientUpdate(0.2)])
@pytest.mark.parametrize("observed", [0.0, 1.0])
@pytest.mark.parametrize("level", [0.0, 0.5])
def test_flat_images_and_masks_that_miss_all_give_finite_numbers(update, observed, level):
    model = inpainter("float32")
    mask = np.full((2, 6, 6, 1), observed, "float32")
    inputs = {"degraded": np.full((2, 6, 6, 2), level, "float32") * mask, "mask": mask}
    update = type(update).from_config(update.get_config())
    loss, gradients = training_gradient(restore, model, Masking(), inputs, 4, update, prior=TotalVariation(0.1))
    assert np.isfinite(loss) and all(np.all(np.isfinite(gradient)) for gradient in gradients)
    if observed == 0:
        loss, gradients = training_gradient(restore, model, Masking(), inputs, 4, update)
        np.testing.assert_allclose(loss, np.sum(np.sin(3.0 * model({"degraded": inputs["degraded"]}))), rtol=1e-6)
        assert all(np.all(np.isfinite(gradient)) for gradient in gradients)


def test_hs_own_state_changes_once_a_training_call_by_its_last_evaluation():
    norm = layers.BatchNormalization(dtype="float32", momentum=0.5, name="norm")
    model, inputs = inpainter("float32", head_layers=[norm]), masked("float32")
    g, h = split(model)
    layer = DLNetLayer(h, Masking(), 4, GradientUpdate(0.2))
    y, parameters = inputs["degraded"], {"mask": inputs["mask"]}
    passed = g({"degraded": y})
    before = norm.moving_mean.numpy()
    layer(passed, degraded=y, parameters=parameters)
    np.testing.assert_array_equal(norm.moving_mean, before)

    # What h is like is found out once.
    layer(passed, degraded=y, parameters=parameters, training=True)
    norm.moving_mean.assign(before)
    seen = []
    original = norm.call
    norm.call = lambda x, *args, **kwargs: seen.append(x) or original(x, *args, **kwargs)
    layer(passed, degraded=y, parameters=parameters, training=True)
    assert len(seen) == 4 and np.abs(seen[0] - seen[-1]).max() > 1e-4
    np.testing.assert_allclose(norm.moving_mean, 0.5 * before + 0.5 * np.mean(seen[-1], axis=(0, 1, 2)), rtol=1e-5)


def test_dropout_in_h_drops_the_same_in_every_evaluation_and_something_else_in_the_next_call():
    dropout = layers.Dropout(0.5, seed=3, dtype="float32")
    model, inputs = inpainter("float32", head_layers=[dropout]), masked("float32")
    g, h = split(model)
    layer = DLNetLayer(h, Masking(), 3, AdamUpdate(0.0))
    passed = g({"degraded": inputs["degraded"]})
    arguments = {"degraded": inputs["degraded"], "parameters": {"mask": inputs["mask"]}, "training": True}
    _, fidelity = layer(passed, **arguments, return_fidelity=True)
    np.testing.assert_array_equal(fidelity[1:], fidelity[:-1])
    _, again = layer(passed, **arguments, return_fidelity=True)
    assert np.abs(again - fidelity).max() > 1e-3


def test_one_trace_serves_every_size_and_batch():
    model, degradation = upscaler("float32"), BlurDownsample(2)
    g, h = split(model)
    layer = DLNetLayer(h, degradation, 3, GradientUpdate(0.2))

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 1)), tf.TensorSpec((None,))], jit_compile=False)
    def run(y, width):
        return layer(g({"degraded": y}), degraded=y, parameters={"blur_width": width}, return_fidelity=True)

    for batch, size in ((1, (5, 4)), (3, (9, 3)), (2, (1, 1))):
        inputs = blurred("float32", batch, size)
        eager = restore(model, degradation, inputs, 3, GradientUpdate(0.2), return_fidelity=True)
        for graph, expected in zip(run(inputs["degraded"], inputs["blur_width"]), eager, strict=True):
            np.testing.assert_allclose(graph, expected, atol=1e-5)
    assert run.experimental_get_tracing_count() == 1


def test_z_moves_in_float32_after_a_g_in_half_precision():
    model, inputs = upscaler("float32", precision="mixed_bfloat16"), blurred("float32")
    g, _ = split(model)
    assert keras.tree.flatten(g({"degraded": inputs["degraded"]}))[0].dtype == tf.bfloat16
    options = (model, BlurDownsample(2), inputs)
    moved = restore(*options, 2, AdamUpdate(1e-6))
    # In bfloat16 a change of 1e-6 would be lost beside values of 0.1.
    assert moved.dtype == tf.float32 and 0 < np.abs(moved - restore(*options, 1, AdamUpdate(1e-6))).max() < 1e-4


def test_noise_weighs_the_fidelity_less_without_a_jump_at_none():
    model, inputs = upscaler(), blurred()
    options = (model, BlurDownsample(2), inputs, 4, GradientUpdate(0.2, damping=None))
    silent = restore(*options)
    np.testing.assert_allclose(restore(*options, sigma=np.zeros(3)), silent, rtol=1e-12)
    np.testing.assert_allclose(restore(*options, sigma=np.full(3, 1e-5)), silent, rtol=1e-5)
    untouched = model({"degraded": inputs["degraded"]})
    moved = [np.abs(restore(*options, sigma=np.full(3, s)) - untouched).max() for s in (0.0, 0.05, 0.2, 10.0)]
    assert moved == sorted(moved, reverse=True) and moved[-1] < 1e-3 * moved[0]


def test_a_prior_is_lowered_with_the_fidelity():
    model, inputs = inpainter(), masked()
    prior = TotalVariation(0.5)
    arguments = (model, Masking(), inputs, 5, GradientUpdate(0.05))
    assert np.all(prior(restore(*arguments, prior=prior)) < prior(restore(*arguments)))


def test_an_h_that_cannot_be_differentiated_is_refused():
    class Stop(layers.Layer):
        def call(self, x):
            return tf.stop_gradient(x)

    with pytest.raises(UsageError, match="inpainter_h: layer 'stop' behind z lets no gradient through"):
        restore(inpainter(head_layers=[Stop(dtype="float64")]), Masking(), masked(), 2, AdamUpdate())


@pytest.mark.parametrize("value", [0, -1, 2.0, None])
def test_a_wrong_number_of_steps_is_refused(value):
    with pytest.raises(ValueError, match="num_steps is .*, expected an integer of at least 1"):
        DLNetLayer(split(inpainter())[1], Masking(), value)


def test_it_comes_back_from_its_configuration():
    _, h = split(upscaler("float32"))
    layer = DLNetLayer(h, BlurDownsample(2), 3, GradientUpdate(0.3), TotalVariation(0.1))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    again.set_weights(layer.get_weights())
    z, skip = np.random.default_rng(0).random((1, 4, 4, 5)), np.zeros((1, 8, 8, 1))
    arguments = {"degraded": np.zeros((1, 4, 4, 1)), "parameters": {"blur_width": np.ones(1)}}
    np.testing.assert_array_equal(again([z, skip], **arguments), layer([z, skip], **arguments))


def test_it_can_stand_in_a_functional_model(tmp_path):
    model, inputs = inpainter("float32", size=(6, 7)), masked("float32")
    g, h = split(model)
    y, mask = keras.Input((6, 7, 2), name="degraded"), keras.Input((6, 7, 1), name="mask")
    layer = DLNetLayer(h, Masking(), 3, GradientUpdate(0.2))
    functional = keras.Model(
        {"degraded": y, "mask": mask}, layer(g({"degraded": y}), degraded=y, parameters={"mask": mask})
    )
    expected = restore(model, Masking(), inputs, 3, GradientUpdate(0.2))
    np.testing.assert_allclose(functional(inputs), expected, atol=1e-6)
    functional.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(inputs), functional(inputs))
