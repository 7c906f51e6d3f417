"""Every registered backbone with a rule: what the conformance suite and its two-replica worker run on."""

import inspect
import itertools

import numpy as np

from dlnet_tf.backbones import BACKBONES
from dlnet_tf.data.edges import canny_edges
from dlnet_tf.degradations import REGISTRY
from dlnet_tf.likelihood import AdamUpdate, DLNet, rules
from dlnet_tf.likelihood.adam_update import FLOOR
from dlnet_tf.likelihood.rules import make_rule
from tests.degradations.cases import example

GAMMA = 1e-3
RULES = {
    "one_step": lambda: (1, AdamUpdate(GAMMA)),
    **{name: lambda name=name: (3, make_rule(name, step_size=GAMMA, floor=FLOOR)) for name in rules.RULES},
}
# Every backbone, with one rule that moves z after the other, and K = 1 for each kind of degradation.
CASES = [
    *zip(BACKBONES, itertools.cycle(sorted(rules.RULES, reverse=True)), strict=False),
    ("idn", "one_step"),
    ("autoencoder", "one_step"),
]
# For what takes long: every backbone alone, and of the DL-Nets VESPCN's and one of each rule.
LONG = [*((backbone, "one_step") for backbone in BACKBONES), ("vespcn", "adam")]
LONG += [case for case in {rule: (backbone, rule) for backbone, rule in CASES}.values() if case not in LONG]
# What differs between one replica and two: statistics of a batch or none, a rule of either kind, K = 1.
REPLICATED = [("autoencoder", "gradient"), ("drrn", "adam"), ("autoencoder", "one_step")]
WIDTH = 16  # the narrowest that every backbone takes


def registered(backbone):
    """The first degradation in the registry of the scale that a backbone has by default."""
    parameters = inspect.signature(BACKBONES[backbone]).parameters
    scale = parameters["scale"].default if "scale" in parameters else 1
    return next(degradation for degradation in REGISTRY.values() if degradation.scale == scale)


def make(backbone, rule):
    """A DL-Net on a narrow backbone."""
    return DLNet(BACKBONES[backbone](width=WIDTH), registered(backbone), *RULES[rule]())


def draw(model, batch=2, seed=0, parameter=None):
    """(inputs, clean) that a model takes; sizes that it leaves open are small and no square."""
    parameter = parameter or model.degradation.parameters[0]
    open_shape = (24, 12, 1)  # multiples of every scale
    shape = [n or m for n, m in zip(model.backbone.output_shape[1:], open_shape, strict=True)]
    clean = np.random.default_rng(seed).random((batch, *shape), dtype="float32")
    parameters = {parameter.name: example(parameter, batch, shape[:2], seed)}
    inputs = {"degraded": np.asarray(model.degradation(clean, parameters))} | parameters
    if any(tensor.name == "edges" for tensor in model.backbone.inputs):
        inputs["edges"] = canny_edges(clean)
    if any(tensor.name == "neighbours" for tensor in model.backbone.inputs):
        inputs["neighbours"] = np.concatenate([np.roll(inputs["degraded"], step, axis=2) for step in (1, -1)], axis=-1)
    return inputs, clean


def assert_same(result, expected, model):
    """Sums in another order change as little as the rule says; without steps, nowhere more than 1e-5."""
    difference = np.abs(np.asarray(result) - np.asarray(expected))
    assert model.update.is_rounding(difference) if model.num_steps > 1 else difference.max() < 1e-5
