"""The networks of faces where they were trained: numbers that the paper gives outside of its tables.

python -m benchmarks.beside_tables --data_dir data --trained runs/trained --json docs/results/beside_tables.json

Each of 1,000 test faces gets one mask of the levels that the method was trained at.
"""

from __future__ import annotations

import argparse
import pathlib

import numpy as np
import tensorflow as tf

from benchmarks.recording import machine, table, write
from dlnet_tf.data.datasets import load_dataset
from dlnet_tf.evaluation import inpainting_protocol as protocol
from dlnet_tf.experiments.inpainting.damage import DAMAGES
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.reporting.paper import prose
from dlnet_tf.restoration import Restorer
from dlnet_tf.tasks import TASKS

SEED = 0
EXPERIMENT = Inpainting("inpaint")
# Of which the paper says a number.
PROSE = {"reference": "reference_inpaint_s32_celeba", "joint": "joint_average_inpaint_celeba"}


def measure(method: str, trained: pathlib.Path, faces: np.ndarray) -> dict[str, object]:
    """Return a row: `psnr` in dB of the output at the method's own levels, and the paper's."""
    restorer = Restorer(EXPERIMENT.load(trained / f"{EXPERIMENT.name(method)}.keras"))
    masks, _ = DAMAGES["holes"].draw(TASKS["inpaint"].levels_of(method))(tf.constant([SEED, 0]), len(faces))
    drawn = tf.cast(masks, tf.uint8).numpy()
    own, _ = protocol.evaluate(lambda degraded, mask: restorer(degraded, mask=mask), faces, drawn)
    return {"method": method, "psnr": own.mean("psnr"), "paper": prose(PROSE[method]), "images": len(faces)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", default="data", type=pathlib.Path, help="holds CelebA [data]")
    parser.add_argument("--trained", default="runs/trained", type=pathlib.Path, help="the networks [runs/trained]")
    parser.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    options = parser.parse_args()
    faces = load_dataset("celeba", options.data_dir).test
    rows = [measure(method, options.trained, faces) for method in PROSE]
    print(machine(), table(rows, {"method": "", "psnr": ".2f", "paper": ".2f"}), sep="\n\n")
    write(options.json, rows)
