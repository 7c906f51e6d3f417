"""Cases of the conformance suite on one replica and on two virtual CPUs; run in a process of its own."""

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf.training.strategies import synchronize_statistics
from tests.likelihood.conformance import REPLICATED, draw, make

BATCH = 4


def gradients(model, inputs, clean):
    """(loss, restored, gradients) of a share of the batch in training."""
    with tf.GradientTape() as tape:
        restored = model(inputs, training=True)
        loss = tf.reduce_sum(tf.reduce_mean(tf.square(restored - clean), axis=(1, 2, 3))) / BATCH
    return loss, restored, tape.gradient(loss, [variable.value for variable in model.trainable_variables])


def check_gradients(two, backbone, rule):
    """What a training step is made of, batch statistics among it."""
    with two.scope():
        keras.utils.set_random_seed(0)
        model = make(backbone, rule)
    synchronize_statistics(model, two)
    data = draw(model, batch=BATCH)

    def share(context):
        part = slice(2 * context.replica_id_in_sync_group, 2 * context.replica_id_in_sync_group + 2)
        return tf.nest.map_structure(lambda value: tf.constant(value[part]), data)

    def replica(inputs, clean):
        loss, restored, slopes = gradients(model, inputs, clean)
        total = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, [loss, *slopes])
        return total[0], restored, total[1:]

    @tf.function(autograph=False, jit_compile=False)
    def step(data):
        return tf.nest.map_structure(two.experimental_local_results, two.run(replica, data))

    loss, restored, slopes = step(two.experimental_distribute_values_from_function(share))
    one_loss, one_restored, one_slopes = gradients(model, *data)
    # Sums are taken in another order, which can turn a sign in the first step of a rule that heeds nothing else.
    tolerance = 2e-2 if model.num_steps > 1 and model.update.scale_free else 1e-4
    np.testing.assert_allclose(loss[1], one_loss, rtol=tolerance)
    np.testing.assert_allclose(tf.concat(restored, 0), one_restored, atol=tolerance)
    for one, found in zip(one_slopes, slopes, strict=True):
        assert np.linalg.norm(found[1] - one) <= tolerance * np.linalg.norm(one) + 1e-7, (backbone, rule)


def fit(strategy):
    """Keras' own loop, with statistics frozen, as it makes them of a replica's share."""
    with strategy.scope():
        keras.utils.set_random_seed(0)
        model = make("autoencoder", "gradient")
        for layer in model.backbone.layers:
            layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
        model.compile(keras.optimizers.SGD(1e-2), "mse")
    inputs, clean = draw(model, batch=BATCH)
    before = model.get_weights()
    loss = model.fit(inputs, clean, batch_size=BATCH, verbose=0, shuffle=False).history["loss"]
    restored = model.predict(inputs, batch_size=BATCH, verbose=0)
    return loss, [new - old for new, old in zip(model.get_weights(), before, strict=True)], restored


def main():
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    assert two.num_replicas_in_sync == 2
    for backbone, rule in REPLICATED:
        check_gradients(two, backbone, rule)
        print(backbone, rule, "agree", flush=True)
    (one_loss, one_change, one_restored), (loss, change, restored) = fit(tf.distribute.get_strategy()), fit(two)
    np.testing.assert_allclose(loss, one_loss, rtol=1e-4)
    np.testing.assert_allclose(restored, one_restored, atol=1e-4)
    for one, found in zip(one_change, change, strict=True):
        assert np.linalg.norm(found - one) <= 1e-4 * np.linalg.norm(one) + 1e-7


if __name__ == "__main__":
    main()
