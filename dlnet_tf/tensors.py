"""A name for what mathematics is done with."""

from __future__ import annotations

from typing import Any, TypeAlias

Tensor: TypeAlias = Any
"""What `keras.ops` takes: an array of NumPy, a tensor of TensorFlow, a variable or a symbol of Keras, or a number."""
