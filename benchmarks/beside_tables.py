"""Networks of faces where they were trained: numbers that the paper gives outside of its tables.

python -m benchmarks.beside_tables --data_dir data --runs runs --json docs/results/beside_tables.json

Each of 1,000 test faces gets one mask of the levels that the method was trained at. Networks that are not in the folder
of runs keep the numbers that the file has.
"""

from __future__ import annotations

import argparse
import json
import pathlib
from typing import Any, NamedTuple

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


class Trained(NamedTuple):
    """A network of which the paper says a number, or beside which one of those stands.

    Attributes:
        words: what it is.
        folder: where it is, below that of the runs.
        experiment: what it belongs to.
        method: how it was trained.
        paper: name of the paper's number; empty where it has none.
    """

    words: str
    folder: str
    experiment: Inpainting
    method: str
    paper: str = ""

    @property
    def file(self) -> str:
        """The network's file, below the folder of runs."""
        return f"{self.folder}/{self.experiment.name(self.method)}.keras"


HOLES, PIXELS = Inpainting("inpaint"), Inpainting("interp")
BACK, FRONT, BOTH = (Inpainting("inpaint", extra_layers=place) for place in ("back", "front", "both"))
OF_FACES, DEEPER = "_celeba", "deeper_autoencoders_s20_centred"
NETWORKS = (
    Trained(
        "Reference of inpainting, s = 32",
        "trained",
        HOLES,
        "reference",
        f"reference_inpaint_s32{OF_FACES}",
    ),
    Trained("Joint training, mean over all sizes", "trained", HOLES, "joint", f"joint_average_inpaint{OF_FACES}"),
    Trained("Reference of interpolation, r = 75 %", "trained", PIXELS, "reference", f"reference_interp_r75{OF_FACES}"),
    Trained("Joint training, mean over all shares", "trained", PIXELS, "joint", f"joint_average_interp{OF_FACES}"),
    Trained("The usual network, s = 20 in the middle", "small", HOLES, "centered"),
    Trained("the same, four more layers at the back", "small", BACK, "centered", f"{DEEPER}.end"),
    Trained("the same, four more layers at the front", "small", FRONT, "centered", f"{DEEPER}.front"),
    Trained("the same, four more layers at both ends", "small", BOTH, "centered", f"{DEEPER}.both"),
)


def measure(network: Trained, runs: pathlib.Path, faces: np.ndarray) -> dict[str, Any]:
    """Return a row: `psnr` in dB of the output at the method's own levels, and the paper's."""
    restorer = Restorer(network.experiment.load(runs / network.file))
    task = TASKS[network.experiment.task]
    masks, _ = DAMAGES[task.damage].draw(task.levels_of(network.method))(tf.constant([SEED, 0]), len(faces))
    drawn = tf.cast(masks, tf.uint8).numpy()
    own, _ = protocol.evaluate(lambda degraded, mask: restorer(degraded, mask=mask), faces, drawn)
    paper = {"paper": prose(network.paper)} if network.paper else {}
    return {"network": network.file, "psnr": own.mean("psnr"), **paper, "images": len(faces)}


def kept(path: pathlib.Path | None) -> dict[str, dict[str, Any]]:
    """Return the rows that a file of numbers has, by network."""
    if path is None or not path.is_file():
        return {}
    return {row["network"]: row for row in json.loads(path.read_text("utf-8"))["rows"]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", default="data", type=pathlib.Path, help="holds CelebA [data]")
    parser.add_argument("--runs", default="runs", type=pathlib.Path, help="holds the folders of networks [runs]")
    parser.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    options = parser.parse_args()
    faces = load_dataset("celeba", options.data_dir).test
    found = kept(options.json)
    for network in NETWORKS:
        if (options.runs / network.file).is_file():
            found[network.file] = measure(network, options.runs, faces)
    rows = [found[network.file] for network in NETWORKS if network.file in found]
    print(machine(), table(rows, {"network": "", "psnr": ".2f", "paper": ".2f"}), sep="\n\n")
    write(options.json, rows)
