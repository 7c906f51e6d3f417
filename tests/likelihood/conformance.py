"""Every registered backbone with every rule: what the conformance suite and its two-replica worker run on."""

import inspect

import numpy as np

from dlnet_tf.backbones import BACKBONES
from dlnet_tf.degradations import BlurDownsample, Masking
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate

GAMMA = 1e-3
RULES = {
    "one_step": lambda: (1, AdamUpdate(GAMMA)),
    "adam": lambda: (3, AdamUpdate(GAMMA)),
    "gradient": lambda: (3, GradientUpdate()),
}
WIDTHS = {"idn": 16, "drrn": 8, "vdsr": 4, "autoencoder": 4}


def make(backbone, rule):
    """A DL-Net on a narrow backbone."""
    factory = BACKBONES[backbone]
    network = factory(width=WIDTHS[backbone])
    masked = "scale" not in inspect.signature(factory).parameters
    return DLNet(network, Masking() if masked else BlurDownsample(3), *RULES[rule]())


def draw(model, batch=2, seed=0):
    """(inputs, clean) that a model takes."""
    random = np.random.default_rng(seed)
    if isinstance(model.degradation, Masking):
        clean = random.random((batch, 64, 64, 3), dtype="float32")
        parameters = {"mask": (random.random((batch, 64, 64, 1)) > 0.3).astype("float32")}
    else:
        clean = random.random((batch, 24, 21, 1), dtype="float32")
        parameters = {"blur_width": random.uniform(0, 3, batch).astype("float32")}
    return {"degraded": np.asarray(model.degradation(clean, parameters))} | parameters, clean


def assert_same(result, expected, rule):
    """Rounding may flip the sign that Adam's first step is made of; all else is close everywhere."""
    difference = np.abs(np.asarray(result) - np.asarray(expected))
    if rule == "adam":
        assert np.quantile(difference, 0.99) < 0.035 * GAMMA and difference.max() < 2 / 255
    else:
        assert difference.max() < 1e-5
