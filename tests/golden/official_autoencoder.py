"""Weights and inputs of official_autoencoder_seed7.npz: what the authors' own TensorFlow 1 code was run on."""

import functools
import pathlib

import keras
import numpy as np

from dlnet_tf.backbones import autoencoder

PATH = pathlib.Path(__file__).parent / "official_autoencoder_seed7.npz"


@functools.cache
def golden() -> dict[str, np.ndarray]:
    with np.load(PATH) as data:
        return dict(data)


def official_autoencoder() -> tuple[keras.Model, dict[str, keras.Variable]]:
    """The autoencoder with the authors' weights, and its trainable variables under the authors' names."""
    r = np.random.RandomState(7)
    r.rand(4, 64, 64, 3)
    r.rand(4, 64, 64, 1)
    d = [3, 64, 128, 256, 512]
    weights = {}
    for i in range(4):
        weights[f"conv{i}_enc.W"] = r.randn(4, 4, d[i], d[i + 1]) * np.sqrt(2 / (16 * d[i]))
    weights["conv_fc.W"] = r.randn(512, 16, 16) * 0.25
    for i in range(4):
        weights[f"conv{i}_dec.W"] = r.randn(4, 4, d[3 - i], d[4 - i]) * np.sqrt(2 / (4 * d[4 - i]))
    for kind, channels in (("enc", d[1:]), ("dec", [d[3], d[2], d[1]])):
        for k, c in enumerate(channels):
            for name in ("gamma", "beta", "moving_mean", "moving_variance"):
                value = r.randn(c) * 0.1 if name in ("beta", "moving_mean") else r.uniform(0.5, 1.5, c)
                weights[f"bn{k}_{kind}.{name}"] = value

    model = autoencoder()
    norms = {"bn0_enc": "enc1_bn", "bn1_enc": "enc2_bn", "bn2_enc": "enc3_bn", "bn3_enc": "enc4_bn"}
    norms |= {"bn0_dec": "dec1_bn", "bn1_dec": "dec2_bn", "bn2_dec": "z", "conv_fc": "channel_fc"}
    convs = {f"conv{i}_enc": f"enc{i + 1}" for i in range(4)} | {f"conv{i}_dec": f"dec{i + 1}" for i in range(3)}
    layers = norms | convs | {"conv3_dec": "out"}
    variables = {}
    for name, value in weights.items():
        layer, attribute = name.split(".")
        variable = getattr(model.get_layer(layers[layer]), "kernel" if attribute == "W" else attribute)
        variable.assign(value.astype("float32"))
        if variable.trainable:
            variables[name] = variable
    assert len(variables) == len(model.trainable_variables)
    return model, variables


def official_inputs(task: str) -> dict[str, np.ndarray]:
    """`degraded` and `mask` (1 = observed; the authors' masks have 1 on missing pixels) of "inpaint" or "interp"."""
    mask = 1 - golden()[f"mask_{task}"]
    return {"degraded": golden()["images"] * mask, "mask": mask}
