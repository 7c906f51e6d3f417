"""Clean examples in, corrupted batches out: the tf.data pipeline of every experiment."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from dlnet_tf.tensors import Tensor

# (seed int32 [2], batch size) -> clean images [B, H, W, C]
Sampler = Callable[[Tensor, int], tf.Tensor]
# (seed int32 [2], clean images) -> model inputs
Corruption = Callable[[Tensor, tf.Tensor], dict[str, tf.Tensor]]


def step_seed(seed: int, step: Tensor, purpose: int) -> tf.Tensor:
    """Return the int32 [2] seed of one purpose (images, levels, ...) at one step of a run.

    Args:
        seed: seed of the run.
        step: scalar integer.
        purpose: a small integer; different purposes draw independently of each other.
    """
    return tf.random.experimental.stateless_fold_in([seed, purpose], tf.cast(step, tf.int32))


def corrupted_batches(
    sampler: Sampler,
    corrupt: Corruption,
    batch_size: int,
    seed: int,
    first_step: int,
    last_step: int,
    context: tf.distribute.InputContext | None = None,
) -> tf.data.Dataset:
    """Build the batches of the steps [first_step, last_step).

    A step's global batch depends on (seed, step) alone and each replica takes its share of it, so a run that is
    resumed, or spread over several workers, sees what one uninterrupted process would have seen.

    Args:
        sampler: draws clean images.
        corrupt: degrades them.
        batch_size: examples a step over all replicas.
        seed: seed of the run.
        first_step: first step, 0 for a fresh run.
        last_step: one past the last step.
        context: which share of the batch to build; all of it by default.

    Returns:
        A dataset of (inputs, clean), one element for every step and every replica that this pipeline feeds.
    """
    replicas = context.num_replicas_in_sync if context else 1
    local = replicas // context.num_input_pipelines if context else 1
    first_replica = context.input_pipeline_id * local if context else 0
    share = batch_size // replicas

    @tf.autograph.experimental.do_not_convert
    def build(step: tf.Tensor, replica: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        clean = sampler(step_seed(seed, step, 0), batch_size)
        inputs = corrupt(step_seed(seed, step, 1), clean)
        if replicas == 1:
            return inputs, clean
        start = (first_replica + replica) * share
        return tf.nest.map_structure(lambda tensor: tensor[start : start + share], (inputs, clean))

    replica_ids = tf.data.Dataset.range(local, output_type=tf.int32)
    steps = tf.data.Dataset.range(first_step, last_step)
    pairs = steps.flat_map(lambda step: replica_ids.map(lambda replica: (step, replica)))
    return pairs.map(build, num_parallel_calls=2, deterministic=True).prefetch(4)
