"""How far to move z without training: steps of either rule on the joint networks of faces that ship, on held-out faces.

python -m benchmarks.gamma --data_dir data --json docs/results/gamma.json
"""

from __future__ import annotations

import argparse
import pathlib
from typing import Any

import keras
import numpy as np

from benchmarks.recording import machine, write
from dlnet_tf.data.datasets import load_dataset
from dlnet_tf.degradations import Masking
from dlnet_tf.evaluation import corruptions
from dlnet_tf.evaluation import inpainting_protocol as protocol
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate, Update
from dlnet_tf.restoration import Restorer
from dlnet_tf.tasks import TASKS, of_folder

IMAGES, NUM_STEPS = 200, 5
GAMMAS = (1e-3, 3e-3, 1e-2, 3e-2)
LEVELS = {"inpaint": ("s=10", "s=20", "s=30"), "interp": ("r=15%", "r=45%", "r=75%")}


def movers(experiment: Inpainting) -> dict[str, keras.Model]:
    """Return a joint network by itself, with Adam at several gammas and with calibrated steps."""
    network = experiment.load_shipped("joint")
    rules: dict[str, Update] = {
        **{f"Adam, gamma = {gamma:g}": AdamUpdate(gamma, floor=TASKS[experiment.task].floor) for gamma in GAMMAS},
        "Adam, gamma = 0.01, floor = 1e-08": AdamUpdate(0.01),
        "calibrated steps": GradientUpdate(),
    }
    moved = {name: DLNet(network, Masking(), NUM_STEPS, rule) for name, rule in rules.items()}
    return {"joint training alone": network, **moved}


def measure(task: str, faces: np.ndarray) -> list[dict[str, Any]]:
    """Return a row for each rule and level: `psnr` in dB of the output, and `psnr_composite`."""
    rows = []
    restorers = {name: Restorer(model) for name, model in movers(Inpainting(task)).items()}
    for level in LEVELS[task]:
        masks = corruptions.draw(task, level, len(faces), 1, 0)
        for name, restorer in restorers.items():
            own, composite = protocol.evaluate(lambda degraded, mask, r=restorer: r(degraded, mask=mask), faces, masks)
            found = {"psnr": own.mean("psnr"), "psnr_composite": composite.mean("psnr"), "images": len(faces)}
            rows.append({"rule": name, "level": level, **found})
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out in Markdown: a line a rule, a column a level, composites in parentheses."""
    levels = list(dict.fromkeys(row["level"] for row in rows))
    lines = ["| PSNR in dB (composite) | " + " | ".join(levels) + " |", "|---" + "|---:" * len(levels) + "|"]
    cells = {(row["rule"], row["level"]): f"{row['psnr']:.2f} ({row['psnr_composite']:.2f})" for row in rows}
    for rule in dict.fromkeys(row["rule"] for row in rows):
        lines.append(f"| {rule} | " + " | ".join(cells[rule, level] for level in levels) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", default="data", type=pathlib.Path, help="holds CelebA [data]")
    parser.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    options = parser.parse_args()
    splits = load_dataset("celeba", options.data_dir)
    assert splits.validation is not None
    measured = [row for name in of_folder("inpainting") for row in measure(name, splits.validation[:IMAGES])]
    print(machine(), table(measured), sep="\n\n")
    write(options.json, measured, [Inpainting(task).name("joint") for task in of_folder("inpainting")])
