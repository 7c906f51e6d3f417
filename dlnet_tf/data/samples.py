"""The photographs that come inside the scikit-image wheel: a test set that needs no download."""

from __future__ import annotations

import importlib.util
import pathlib

import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.images import read_image

# Only files of the wheel itself: the other names of skimage.data are fetched from the network.
SAMPLES = {
    "astronaut": "astronaut.png",
    "camera": "camera.png",
    "chelsea": "chelsea.png",
    "coffee": "coffee.png",
    "coins": "coins.png",
    "motorcycle": "motorcycle_left.png",
    "rocket": "rocket.jpg",
}


def load_samples() -> list[tuple[str, np.ndarray]]:
    """Read the sample photographs.

    Returns:
        (name, image) in alphabetical order; image is uint8 [H, W] (camera, coins) or [H, W, 3] RGB.

    Raises:
        UsageError: scikit-image is not installed, or was packaged without one of these files.
    """
    # find_spec finds the folder without the cost of importing the package.
    spec = importlib.util.find_spec("skimage")
    if spec is None or not spec.submodule_search_locations:
        raise UsageError("scikit-image: not installed, expected for the sample photographs that come with it")
    folder = pathlib.Path(spec.submodule_search_locations[0], "data")
    return [(name, read_image(folder / file)) for name, file in SAMPLES.items()]
