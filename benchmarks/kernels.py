"""Blurs that are no Gaussian of a width: PSNR of the shipped networks of a backbone, told the kernel.

python -m benchmarks.kernels --data_dir data --json docs/results/kernels.json

Eight kernels of 15 x 15 pixels, on the middles of the photographs that are held out of training, exact and with 8 bits.
"""

from __future__ import annotations

import argparse
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.recording import write
from dlnet_tf.data.middle import middle
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.photographs import training_images
from dlnet_tf.method_labels import method_label
from dlnet_tf.progress import Progress
from dlnet_tf.restoration import Restorer

METHODS = ("joint", "zero_shot", "dlnet_gradient")
SIDE, FINER = 15, 8


def gaussian(along: float, across: float, degrees: float) -> np.ndarray:
    """Sample a Gaussian of two widths in pixels, turned."""
    x, y = _turned(degrees)
    return _sampled(np.exp(-0.5 * ((x / along) ** 2 + (y / across) ** 2)))


def motion(length: float, degrees: float) -> np.ndarray:
    """Sample a straight motion of so many pixels."""
    x, y = _turned(degrees)
    return _sampled((np.abs(x) <= length / 2) & (np.abs(y) <= 0.5))


def disk(radius: float) -> np.ndarray:
    """Sample a lens that is out of focus, a disk of a radius in pixels."""
    x, y = _turned(0)
    return _sampled(np.hypot(x, y) <= radius)


def _turned(degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the coordinates of points FINER times as dense as pixels, in pixels from the middle."""
    position = (np.arange(SIDE * FINER) + 0.5) / FINER - SIDE / 2
    y, x = np.meshgrid(position, position, indexing="ij")
    angle = np.deg2rad(degrees)
    return np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x


def _sampled(values: np.ndarray) -> np.ndarray:
    kernel = values.astype(np.float64).reshape(SIDE, FINER, SIDE, FINER).sum(axis=(1, 3))
    return kernel / kernel.sum()


KERNELS: Mapping[str, np.ndarray] = {
    "Gaussian 2 x 0.6": gaussian(2.0, 0.6, 0),
    "Gaussian 1.5 x 0.5 at 120": gaussian(1.5, 0.5, 120),
    "Gaussian 2.6 x 1.3 at 30": gaussian(2.6, 1.3, 30),
    "Gaussian 3 x 1 at 45": gaussian(3.0, 1.0, 45),
    "motion of 7 at 30": motion(7, 30),
    "motion of 11": motion(11, 0),
    "disk of radius 2": disk(2),
    "disk of radius 3": disk(3),
}


def told(restorer: Restorer, kernel: np.ndarray) -> protocol.Restore:
    """Return a model that is told a kernel in the place of a width."""
    kernels = kernel[None].astype(np.float32)
    return lambda degraded, _, noise_sigma: restorer(degraded, noise_sigma=noise_sigma, kernel=kernels)


def measure(experiment: SuperResolution, data_dir: pathlib.Path) -> list[dict[str, Any]]:
    """Score every method with every kernel: rows as in a report, with `kernel`."""
    _, held_out, _ = training_images(data_dir, experiment.scale)
    photographs = [(name, middle(image)) for name, image in held_out]
    restorers = {method: Restorer(experiment.load_shipped(method)) for method in METHODS}
    progress = Progress(len(KERNELS) * len(protocol.NOISES) * len(METHODS), unit="case")
    rows = []
    for noise in protocol.NOISES:
        for name, kernel in KERNELS.items():
            pairs = protocol.make_pairs(photographs, experiment.scale, 0.0, noise, kernel)
            for method, restorer in restorers.items():
                scores = protocol.evaluate(told(restorer, kernel), pairs)
                row = protocol.report_row(scores, pairs, "held out", method, experiment.backbone)
                rows.append({key: value for key, value in row.items() if key != "blur_width"} | {"kernel": name})
                progress.advance()
    progress.clear()
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the rows of a scale out in Markdown: a line for each kernel and their mean, a column for method and noise."""
    columns = [(method, noise) for noise in (None, "8 bits") for method in METHODS]
    psnr = {(row["kernel"], row["method"], row.get("noise_sigma")): row["psnr"] for row in rows}
    heads = [method_label(method) + (f", {noise}" if noise else "") for method, noise in columns]
    lines = [f"| PSNR in dB, x{rows[0]['scale']} | " + " | ".join(heads) + " |", "|---" + "|---:" * len(heads) + "|"]
    for name in KERNELS:
        lines.append(f"| {name} | " + " | ".join(f"{psnr[name, *column]:.2f}" for column in columns) + " |")
    means = [np.mean([psnr[name, *column] for name in KERNELS]) for column in columns]
    return "\n".join([*lines, "| mean | " + " | ".join(f"{mean:.2f}" for mean in means) + " |"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", default="data", type=pathlib.Path, help="holds T91 and BSDS400 [data]")
    parser.add_argument("--backbone", default="idn")
    parser.add_argument("--scale", default=3, type=int)
    parser.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    options = parser.parse_args()
    experiment = SuperResolution(options.backbone, options.scale)
    found = measure(experiment, options.data_dir)
    print(table(found))
    write(options.json, found, map(experiment.name, ("reference", "joint", "dlnet_gradient")))
