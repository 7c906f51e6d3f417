"""Every shipped model loaded and scored on a picture made of formulas, with the TensorFlow and Keras of this Python.

python -m tests.compat.load_and_eval            prints versions and PSNR as JSON
python -m tests.compat.load_and_eval --write    stores the PSNR as what other versions have to give
"""

import json
import pathlib
import re
import sys

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf import keras_models
from dlnet_tf.degradations import BlurDownsample, Masking
from dlnet_tf.restoration import Restorer
from tests import stand_in

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXPECTED = pathlib.Path(__file__).with_name("expected.json")
# dB. What another version rounds elsewhere is far below it, another weight or another padding far above.
TOLERANCE = 0.01


def scores(pattern="*"):
    """PSNR in dB by the name of the checkpoint."""
    return {path.stem: round(_psnr(path), 4) for path in sorted((ROOT / "checkpoints").glob(f"{pattern}.keras"))}


def _psnr(path):
    model = keras_models.load(path)
    if "_x" in path.stem:
        scale = int(re.search(r"_x(\d)", path.stem)[1])
        clean = stand_in.photograph(0, 48, 45)[None, : 48 // scale * scale, : 45 // scale * scale, :1] / 255
        degradation, parameters = BlurDownsample(scale), {"blur_width": np.array([1.3], "float32")}
    else:
        clean = stand_in.photograph(0, 64, 64)[None] / 255
        mask = np.ones((1, 64, 64, 1), "float32")
        if path.stem.startswith("inpaint"):
            mask[:, 22:42, 18:38] = 0
        else:
            mask[0, ..., 0] = np.random.default_rng(0).random((64, 64)) > 0.45
        degradation, parameters = Masking(), {"mask": mask}
    degraded = np.asarray(degradation(clean.astype("float32"), parameters))
    if "neighbours" in {tensor.name for tensor in keras_models.backbone_of(model).inputs}:
        # As if the clip moved by a pixel a frame.
        parameters["neighbours"] = np.concatenate([np.roll(degraded, step, 2) for step in (1, -1)], axis=-1)
    restored = Restorer(model)(degraded, **parameters)
    return float(-10 * np.log10(np.mean(np.square(np.clip(restored, 0, 1) - clean))))


def main():
    found = scores()
    if "--write" in sys.argv[1:]:
        EXPECTED.write_text(json.dumps(found, indent=1) + "\n")
    versions = {"python": sys.version.split()[0], "tensorflow": tf.__version__, "keras": keras.__version__}
    print(json.dumps({"versions": versions | {"numpy": np.__version__}, "psnr": found}))


if __name__ == "__main__":
    main()
