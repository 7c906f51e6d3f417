"""Keras on TensorFlow, whatever keras.json says; imported before Keras is."""

from __future__ import annotations

import os
import sys


def _require_tensorflow() -> None:
    found = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if "keras" in sys.modules:
        import keras

        found = keras.config.backend()
    if found != "tensorflow":
        raise ImportError(
            f"dlnet_tf: found the Keras backend {found!r}, expected tensorflow; set KERAS_BACKEND=tensorflow before "
            "Keras is imported"
        )


_require_tensorflow()
