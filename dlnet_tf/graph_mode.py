"""TensorFlow's graph mode, as models are trained, restored with and exported in it."""

from __future__ import annotations

import functools

import tensorflow as tf

# Nothing needs AutoGraph, and XLA is slower than the graph on a CPU.
in_graph_mode = functools.partial(tf.function, autograph=False, jit_compile=False)
