"""Trains every case of the conformance suite on one replica and on two virtual CPUs; run in a process of its own."""

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf.backbones import BACKBONES
from tests.likelihood.conformance import RULES, draw, make


def train(strategy, backbone, rule):
    with strategy.scope():
        keras.utils.set_random_seed(0)
        model = make(backbone, rule)
        # Batch statistics are those of a replica's share, unless they are frozen.
        for layer in model.backbone.layers:
            layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
        model.compile(keras.optimizers.SGD(1e-2), "mse")
    inputs, clean = draw(model, batch=4)
    before = model.get_weights()
    loss = model.fit(inputs, clean, batch_size=4, verbose=0, shuffle=False).history["loss"]
    restored = model.predict(inputs, batch_size=4, verbose=0)
    return loss, [new - old for new, old in zip(model.get_weights(), before, strict=True)], restored


def main():
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    assert two.num_replicas_in_sync == 2
    for backbone in BACKBONES:
        for rule in RULES:
            one_loss, one_change, one_restored = train(tf.distribute.get_strategy(), backbone, rule)
            two_loss, two_change, two_restored = train(two, backbone, rule)
            # Sums are taken in another order, which can turn a sign in Adam's first step.
            tolerance = 2e-2 if rule == "adam" else 1e-4
            np.testing.assert_allclose(two_loss, one_loss, rtol=tolerance)
            for a, b in zip(one_change, two_change, strict=True):
                assert np.linalg.norm(a - b) <= tolerance * np.linalg.norm(a) + 1e-7, (backbone, rule)
            np.testing.assert_allclose(two_restored, one_restored, atol=tolerance)
            print(backbone, rule, "agree")


if __name__ == "__main__":
    main()
