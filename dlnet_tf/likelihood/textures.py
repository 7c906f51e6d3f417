"""What step sizes are calibrated on where no images are given."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from dlnet_tf.degradations import Degradation

# Side of the image where the backbone leaves the size open.
SIDE = 32


def textured_inputs(specs: Mapping[str, keras.InputSpec], degradation: Degradation) -> dict[str, np.ndarray]:
    """Make one textured image with neutral parameters; further inputs of the backbone are zero.

    Args:
        specs: shape and dtype of the inputs by name, with the batch axis; sizes that may vary are None.
        degradation: W of Eq. (1).
    """
    sizes = {name: [1, *(SIDE if n is None else n for n in spec.shape[1:])] for name, spec in specs.items()}
    inputs = {name: np.zeros(shape, "float32") for name, shape in sizes.items()}
    _, height, width, channels = sizes["degraded"]
    row, column = np.mgrid[:height, :width] / SIDE
    waves = [np.sin(2 * np.pi * (f * row + (f + c) * column)) / f for c in range(channels) for f in (1, 3, 7)]
    inputs["degraded"][0] = 0.5 + 0.1 * np.moveaxis(np.reshape(waves, (channels, 3, height, width)).sum(1), 0, -1)
    return inputs | degradation.neutral_parameters(degradation.restored_size(sizes["degraded"]))
