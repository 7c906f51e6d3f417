"""Steps of an elementwise rule in one pass over memory, and their gradients in another."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import tensorflow as tf

from dlnet_tf.likelihood.chunks import has_accelerator
from dlnet_tf.likelihood.update import Update
from dlnet_tf.tensors import Tensor


def can_be_fused(update: Update) -> bool:
    """Return whether the steps of a rule gain by `fused` in training where this is called.

    In inference every size of image would be compiled anew, and outside of a graph every call.
    """
    return update.elementwise and not tf.executing_eagerly() and not has_accelerator()


def fused(update: Update) -> Callable[[Tensor, Sequence[Tensor]], Tensor]:
    """Compile the steps of a rule; they keep nothing but the gradients that they are given.

    On a CPU elementwise operations cost what they move through memory, and those of one Adam step with what autodiff
    keeps of them are forty. XLA makes one loop of each direction. Unlike convolutions, which are slower in XLA there,
    these gain by it. What a rule remembers from step to step is computed again from all gradients so far: for the
    few steps of training that moves no more memory than to store it, and holds less.

    Args:
        update: an elementwise rule.

    Returns:
        (z, gradients of the fidelity at this and all earlier steps, in order) -> z after this step.
    """

    def change(gradients: Sequence[Tensor]) -> Tensor:
        step, state = None, None
        for index, gradient in enumerate(gradients):
            step, state = update.step(index, gradient, state)
        return step

    compile_it = functools.partial(tf.function, autograph=False, jit_compile=True)
    move = compile_it(lambda z, gradients: z + change(gradients))

    @compile_it
    def pull_back(gradients: Sequence[Tensor], upstream: Tensor) -> Tensor:
        with tf.GradientTape() as tape:
            tape.watch(gradients)
            step = change(gradients)
        return tape.gradient(step, gradients, upstream)

    @tf.custom_gradient
    def advance(z: Tensor, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        return move(z, list(gradients)), lambda upstream: (upstream, *pull_back(list(gradients), upstream))

    return lambda z, gradients: advance(z, *gradients)
