"""The networks and batches that the benchmarks share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf import DLNet, keras_models
from dlnet_tf.backbones import autoencoder, idn, vdsr
from dlnet_tf.degradations import BlurDownsample, Masking
from dlnet_tf.graph_mode import in_graph_mode
from dlnet_tf.likelihood import AdamUpdate, GradientUpdate
from dlnet_tf.objectives import Objective
from dlnet_tf.training.faster import for_training

RULES = {"adam": lambda: AdamUpdate(1e-3), "gradient": lambda: GradientUpdate(0.1)}
# With K = 1 there is no update; any rule will do.
RULES["none"] = RULES["gradient"]
BACKBONES = {"autoencoder": autoencoder, "idn_x3": lambda: idn(3), "vdsr_x3": lambda: vdsr(3)}


def batch_of(network: str, batch: int, side: int = 40) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """Draw a batch for a network: (inputs, clean images).

    Args:
        network: a key of `BACKBONES`.
        batch: number of images.
        side: of a degraded patch; the autoencoder has its own.
    """
    random = np.random.default_rng(0)
    if network == "autoencoder":
        clean = random.random((batch, 64, 64, 3), "float32")
        mask = np.ones((batch, 64, 64, 1), "float32")
        mask[:, 20:44, 18:42] = 0
        return {"degraded": tf.constant(clean * mask), "mask": tf.constant(mask)}, tf.constant(clean)
    clean = random.random((batch, 3 * side, 3 * side, 1), "float32")
    widths = np.linspace(0, 2.6, batch, dtype="float32")
    return {"degraded": tf.constant(clean[:, 1::3, 1::3]), "blur_width": tf.constant(widths)}, tf.constant(clean)


def build(
    network: str, num_steps: int, rule: str = "gradient", precision: str = "float32", trained: bool = False
) -> DLNet:
    """Build a DL-Net with random weights; with one step it is the network itself.

    Args:
        network: a key of `BACKBONES`.
        num_steps: K.
        rule: a key of `RULES`.
        precision: of g.
        trained: whether it is the copy that a run trains, which has faster layers.
    """
    degradation = Masking() if network == "autoencoder" else BlurDownsample(3)
    model = DLNet(BACKBONES[network](), degradation, num_steps, RULES[rule]())
    return (for_training if trained else keras_models.with_precision)(model, precision)


def restoring(model: keras.Model, inputs: dict[str, tf.Tensor]) -> Callable[[], Any]:
    """Return a call that restores a batch."""
    specs = {name: tf.TensorSpec((None, *value.shape[1:])) for name, value in inputs.items()}
    restore = in_graph_mode(functools.partial(model, training=False), input_signature=[specs])
    return lambda: restore(inputs).numpy()


def training(model: keras.Model, inputs: dict[str, tf.Tensor], clean: tf.Tensor) -> Callable[[], Any]:
    """Return a call that takes one training step with a learning rate of 0, so that no network runs away."""
    optimizer, objective = keras.optimizers.Adam(0.0), Objective()
    optimizer.build(model.trainable_variables)

    @in_graph_mode
    def step(inputs: dict[str, tf.Tensor], clean: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(objective(model, inputs, clean))
        gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    return lambda: float(step(inputs, clean))
