"""One training step on all replicas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import keras
import tensorflow as tf

from dlnet_tf.graph_mode import in_graph_mode
from dlnet_tf.tensors import Tensor

Batch: TypeAlias = tuple[dict[str, Tensor], Tensor]
"""The inputs by name, and clean."""
# (model, inputs of a batch, clean) -> loss [B]; its attribute `variables`, if it has one, is trained and kept too
LossFunction = Callable[[keras.Model, dict[str, Tensor], Tensor], Tensor]


def trained_variables(model: keras.Model, objective: LossFunction) -> list[keras.Variable]:
    """Return what a step changes: the trainable variables of the model, then those of its objective."""
    return [*model.trainable_variables, *getattr(objective, "variables", [])]


def make_step(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    objective: LossFunction,
    batch_size: int,
    clip_norm: float,
    strategy: tf.distribute.Strategy,
) -> Callable[[Iterator[Batch]], dict[str, tf.Tensor]]:
    """Compile the step that takes the next batch of an iterator.

    Args:
        model: what is trained.
        optimizer: built on `trained_variables`.
        objective: calls the model on a batch's inputs and gives the loss of each sample, which is summed and divided by
            the batch size, so that the number of replicas changes nothing.
        batch_size: examples a step over all replicas.
        clip_norm: largest global norm of the gradient.
        strategy: how replicas are spread.

    Returns:
        A function of a (distributed) iterator -> {"loss", "gradient_norm"} scalars.
    """
    variables = trained_variables(model, objective)

    def replica_step(inputs: dict[str, tf.Tensor], clean: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(objective(model, inputs, clean)) / batch_size
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        context = tf.distribute.get_replica_context()
        # Clipped as a whole, hence summed here; the optimizer sums over replicas once more.
        gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        gradients, norm = tf.clip_by_global_norm(gradients, clip_norm)
        optimizer.apply([g / context.num_replicas_in_sync for g in gradients], variables)
        return loss, norm

    @in_graph_mode
    def step(iterator: Iterator[Batch]) -> dict[str, tf.Tensor]:
        losses, norms = strategy.run(replica_step, args=next(iterator))
        return {
            "loss": strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None),
            "gradient_norm": strategy.reduce(tf.distribute.ReduceOp.MEAN, norms, axis=None),
        }

    return step
