"""Models from `.keras` files."""

from __future__ import annotations

import os
import pathlib

import keras

from dlnet_tf.errors import UsageError, quoted
from dlnet_tf.keras_models import safety


def load(path: str | os.PathLike[str]) -> keras.Model:
    """Load a `.keras` file in safe mode, and no more of one than its size justifies.

        >>> from dlnet_tf import keras_models
        >>> model = keras_models.load("checkpoints/idn_x3_dlnet_gradient.keras")
        >>> type(model).__name__, model.num_steps
        ('DLNet', 5)

    Args:
        path: the file.

    Returns:
        The model, not compiled.

    Raises:
        UsageError: the file is missing, no model of this package or of Keras alone, or would take much more memory than
            it has bytes.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise UsageError(f"{path}: no such file, expected a .keras checkpoint")
    try:
        safety.check(path)
        return keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises whatever its reader meets in a broken or hostile file
        reason = quoted(error) or type(error).__name__
        raise UsageError(f"{path}: cannot be loaded as a .keras checkpoint ({reason})") from None
