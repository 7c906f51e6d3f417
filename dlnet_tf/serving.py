"""A model as what TensorFlow writes and converts: a graph and its variables."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


def serving_module(model: keras.Model) -> tf.Module:
    """Return a module whose `serve` maps a model's inputs, a dict, to {"restored": [B, H, W, C]}."""

    # XLA is slower than the graph on a CPU.
    @tf.function(autograph=False, jit_compile=False)
    def serve(inputs: dict[str, tf.Tensor]) -> dict[str, Any]:
        return {"restored": model(inputs, training=False)}

    module = tf.Module()
    module.model_variables = [variable.value for variable in model.variables]
    module.serve = serve
    return module
