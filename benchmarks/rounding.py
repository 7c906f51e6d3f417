"""What it costs in PSNR that shipped autoencoders are stored with six binary digits: beside the files they come from.

Those are in the folders of their training, as `python -m tools.train_zoo` leaves them.

python -m benchmarks.rounding --data_dir data --json docs/results/rounding.json
"""

from __future__ import annotations

import argparse
import pathlib
from typing import Any

import keras
import numpy as np

from benchmarks.precision import EXPERIMENTS, trained
from benchmarks.recording import machine, write
from dlnet_tf.data.datasets import load_dataset
from dlnet_tf.evaluation import corruptions
from dlnet_tf.evaluation import inpainting_protocol as protocol
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.restoration import Restorer
from dlnet_tf.training.shipping import LARGE, rounded

# Number of test images, with one mask each at a level.
IMAGES = 200
SETS = {"celeba": "celeba", "scenes": "sun397"}


def round_weights(model: keras.Model) -> list[np.ndarray]:
    """Return the weights of a model as its file holds them, large arrays rounded."""
    weights = model.get_weights()
    return [rounded(values).astype(np.float32) if values.size >= LARGE else values for values in weights]


def measure(experiment: Inpainting, method: str, images: np.ndarray, runs: pathlib.Path) -> list[dict[str, Any]]:
    """Score a model as it was trained and as it ships, a row a level; none where its training is not at hand.

    Args:
        experiment: task and data.
        method: which model ships.
        images: uint8 [N, 64, 64, 3].
        runs: folder with the folders of trainings.

    Returns:
        Rows with `psnr` in dB as it was trained, `lost` the part of it that rounding costs, `worst` what it costs the
        image that it costs most, and `lost_composite`.
    """
    name = experiment.name(method)
    shipped = experiment.load_shipped(method)
    for path in sorted(runs.glob(f"{name}-*/{name}.keras")):
        model = experiment.load(path)
        if all(map(np.array_equal, round_weights(model), shipped.get_weights())):
            return _scores(name, experiment.task, [Restorer(model), Restorer(shipped)], images)
    print(f"{name}: found no training of it in {runs}")
    return []


def _scores(name: str, task: str, restorers: list[Restorer], images: np.ndarray) -> list[dict[str, Any]]:
    rows = []
    for level in corruptions.LEVELS[task]:
        masks = corruptions.draw(task, level, len(images), 1, 0)
        (own, composite), (own_shorter, composite_shorter) = (
            protocol.evaluate(lambda degraded, mask, r=restorer: r(degraded, mask=mask), images, masks)
            for restorer in restorers
        )
        lost = own.values["psnr"] - own_shorter.values["psnr"]
        rows.append(
            {
                "model": name,
                "level": level,
                "psnr": own.mean("psnr"),
                "lost": float(lost.mean()),
                "worst": float(lost.max()),
                "lost_composite": composite.mean("psnr") - composite_shorter.mean("psnr"),
                "images": len(images),
            }
        )
        print(rows[-1], flush=True)
    return rows


def summary(rows: list[dict[str, Any]]) -> str:
    """Say in a line what is lost on average and at most, over models and levels."""
    lost, composite = (np.array([row[name] for row in rows]) for name in ("lost", "lost_composite"))
    return (
        f"{len(rows)} cases: lost {lost.mean():+.4f} dB on average, at most {lost.max():+.4f} dB, of composites at "
        f"most {composite.max():+.4f} dB, of one image at most {max(row['worst'] for row in rows):+.3f} dB"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", default="data", type=pathlib.Path, help="holds CelebA and scenes [data]")
    parser.add_argument("--runs", default="runs/zoo", type=pathlib.Path, help="holds the trainings [runs/zoo]")
    parser.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    options = parser.parse_args()
    measured = []
    for which in EXPERIMENTS:
        if isinstance(which, Inpainting):
            shown = load_dataset(SETS[which.weights], options.data_dir).test[:IMAGES]
            measured += [row for name in trained(which) for row in measure(which, name, shown, options.runs)]
    print(machine(), summary(measured), sep="\n\n")
    write(options.json, measured, {row["model"] for row in measured})
