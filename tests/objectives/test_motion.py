"""The motion terms against NumPy."""

import keras
import numpy as np

from dlnet_tf.backbones import vespcn
from dlnet_tf.objectives.motion import BETA, EPSILON, LAMBDA, MotionObjective, roughness


def test_roughness_is_hubers_function_of_the_differences():
    flow = np.random.default_rng(0).normal(size=(2, 4, 5, 2)).astype("float32")
    down, across = np.diff(flow, axis=1)[:, :, :-1], np.diff(flow, axis=2)[:, :-1]
    expected = np.sqrt(EPSILON + (down**2 + across**2).sum(axis=-1))
    np.testing.assert_allclose(roughness(flow), expected, rtol=1e-5)
    np.testing.assert_allclose(roughness(0 * flow), np.full((2, 3, 4), 0.1), rtol=1e-5)


def test_the_loss_of_each_sample_is_put_together_of_three_parts():
    model = vespcn(2, width=8)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.1, weight.shape) for weight in model.weights])
    y, clean = rng.random((3, 8, 6, 1), "float32"), rng.random((3, 16, 12, 1), "float32")
    inputs = {"degraded": y, "neighbours": rng.random((3, 8, 6, 2), "float32"), "blur_width": np.zeros(3, "float32")}
    expected = 0.5 * ((np.asarray(model({"degraded": y, "neighbours": inputs["neighbours"]})) - clean) ** 2).sum(
        (1, 2, 3)
    )
    for name in ("previous", "next"):
        outputs = [model.get_layer(f"{name}_{what}").output for what in ("aligned", "flow")]
        aligned, flow = keras.Model(model.input, outputs)({key: inputs[key] for key in ("degraded", "neighbours")})
        expected += BETA * ((np.asarray(aligned) - y) ** 2).sum((1, 2, 3))
        expected += LAMBDA * np.asarray(roughness(flow)).sum((1, 2))
    np.testing.assert_allclose(MotionObjective()(model, inputs, clean), expected, rtol=1e-5)
