"""How far to undo W before anything is learned: PSNR on held-out photographs by damping and by its growth with noise.

python -m benchmarks.damping --data_dir data --json docs/results/damping.json

The network is the reference of a backbone and scale, not trained further. What `BlurDownsample.damping` and
`likelihood.damping.NOISE_FACTOR` start from was settled by this.
"""

from __future__ import annotations

import argparse
import math
import pathlib
from typing import Any

import numpy as np

from benchmarks.recording import write
from dlnet_tf.data.middle import middle
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.photographs import training_images
from dlnet_tf.likelihood import DLNet, GradientUpdate, NeutralStart
from dlnet_tf.progress import Progress
from dlnet_tf.restoration import Restorer

DAMPINGS = (1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4)
# Logarithms of c in d + c sigma^2 (W W^T)^(-1/2).
FACTORS = (2.0, 3.0, 4.0, 5.0, 6.0)


def restorer_of(experiment: SuperResolution, damping: float | None, factor: float) -> Restorer:
    """Build an untrained DL-Net with these dampings in its start and its steps."""
    network = experiment.load_shipped("reference")
    update, start = GradientUpdate(damping=damping), NeutralStart(damping)
    model = DLNet(network, experiment.degradation, update=update, start=start)
    assert model.start and model.update.dampings
    for dampings in (model.start.dampings, model.update.dampings):
        dampings.log_noise.assign_add(np.full(dampings.log_noise.shape, factor - math.log(dampings.noise), "float32"))
    model.calibrate()
    return Restorer(model)


def measure(experiment: SuperResolution, data_dir: pathlib.Path) -> list[dict[str, Any]]:
    """Score dampings on exact data, and factors on those of 8 bits: rows as in a report, with `damping`, `factor`."""
    _, held_out, _ = training_images(data_dir, experiment.scale)
    photographs = [(name, middle(image)) for name, image in held_out]
    own = experiment.degradation.damping
    exact, rounded = protocol.NOISES
    cases = [(damping, 4.0, exact) for damping in DAMPINGS] + [(own, factor, rounded) for factor in FACTORS]
    progress = Progress(len(cases) * len(protocol.BLUR_WIDTHS), unit="case")
    rows = []
    for damping, factor, noise in cases:
        restorer = restorer_of(experiment, damping, factor)
        for u in protocol.BLUR_WIDTHS:
            pairs = protocol.make_pairs(photographs, experiment.scale, u, noise)
            row = protocol.report_row(protocol.evaluate(restorer, pairs), pairs, "held out", "zero_shot", "idn")
            rows.append(row | {"damping": damping, "factor": factor})
            progress.advance()
    progress.clear()
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out in Markdown: a line for each damping or factor, a column for each width."""
    widths = " | ".join(f"u={u:g}" for u in protocol.BLUR_WIDTHS)
    lines = [f"| PSNR in dB, x{rows[0]['scale']}, held out | {widths} | mean |"]
    lines.append("|---" + "|---:" * (len(protocol.BLUR_WIDTHS) + 1) + "|")
    for noise in (None, protocol.NOISES[1]):
        groups: dict[float, list[float]] = {}
        for row in rows:
            if row.get("noise_sigma") == noise:
                groups.setdefault(row["factor"] if noise else row["damping"], []).append(row["psnr"])
        for value, psnr in groups.items():
            label = f"8 bits, log c = {value:g}" if noise else f"exact, d = {value:g}"
            lines.append(f"| {label} | " + " | ".join(f"{one:.2f}" for one in [*psnr, np.mean(psnr)]) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", default="data", type=pathlib.Path, help="holds T91 and BSDS400 [data]")
    parser.add_argument("--scale", default=3, type=int)
    parser.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    options = parser.parse_args()
    experiment = SuperResolution("idn", options.scale)
    found = measure(experiment, options.data_dir)
    print(table(found))
    write(options.json, found, [experiment.name("reference")])
