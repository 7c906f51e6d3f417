"""What an adversarial prior R in Eq. (4) does to the DL-Net for holes that ships: tried once, on held-out faces.

The discriminator of Figure 3 is trained for a short while to tell faces from what the DL-Net makes of them; then it
stands beside the fidelity, at several weights. The DL-Net itself is not trained with it.

python -m benchmarks.adversarial_prior --data_dir data --json docs/results/adversarial_prior.json
"""

from __future__ import annotations

import argparse
import pathlib
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from benchmarks.recording import machine, write
from dlnet_tf.data.datasets import load_dataset
from dlnet_tf.evaluation import corruptions
from dlnet_tf.evaluation import inpainting_protocol as protocol
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.likelihood import AdversarialPrior, DLNet
from dlnet_tf.objectives import Adversarial
from dlnet_tf.restoration import Restorer

LEVEL = "s=20"
# Faces of CelebA that the discriminator sees once, faces for the measurement, and faces in a batch.
SHOWN, HELD_OUT, BATCH = 5000, 200, 50
LEARNING_RATE = 2e-4
WEIGHTS = (0.0, 0.1, 1.0, 10.0, 100.0)


def corrupted(faces: np.ndarray, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return faces [N, 64, 64, 3] in [0, 1], and what a DL-Net is given of them."""
    clean = faces.astype(np.float32) / 255
    mask = corruptions.draw("inpaint", LEVEL, len(faces), 1, seed).astype(np.float32)
    return clean, {"degraded": clean * mask, "mask": mask}


def trained_discriminator(model: DLNet, faces: np.ndarray) -> keras.Model:
    """Train the discriminator of Figure 3 on faces and what a DL-Net makes of them, each shown once."""
    keras.utils.set_random_seed(0)
    objective = Adversarial(0.0)
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    restorer = Restorer(model)

    @tf.function(autograph=False)
    def step(clean: Any, restored: Any) -> None:
        with tf.GradientTape() as tape:
            # What the DL-Net is asked for has no part in the gradient of the discriminator's own variables.
            loss = ops.mean(objective.error(restored, clean, {}))
        optimizer.apply(tape.gradient(loss, [variable.value for variable in objective.variables]), objective.variables)

    optimizer.build(objective.variables)
    clean, inputs = corrupted(faces, seed=1)
    for first in range(0, len(faces), BATCH):
        part = slice(first, first + BATCH)
        step(clean[part], restorer(**{name: value[part] for name, value in inputs.items()}))
    return objective.discriminator


def measure(data_dir: pathlib.Path) -> list[dict[str, Any]]:
    """Score the DL-Net on held-out faces with the prior at several weights, 0 among them."""
    splits = load_dataset("celeba", data_dir)
    assert splits.train is not None and splits.validation is not None
    shipped = Inpainting("inpaint", "celeba").load_shipped("dlnet_gradient")
    assert isinstance(shipped, DLNet)
    judge = trained_discriminator(shipped, splits.train[:SHOWN])
    faces = splits.validation[:HELD_OUT]
    masks = corruptions.draw("inpaint", LEVEL, len(faces), 1, 0)
    cost = AdversarialPrior(judge, 1.0)
    of_truth = float(ops.mean(cost(faces.astype(np.float32) / 255)))
    rows: list[dict[str, Any]] = []
    for weight in WEIGHTS:
        prior = AdversarialPrior(judge, weight)
        restorer = Restorer(DLNet(shipped.backbone, shipped.degradation, 5, shipped.update, prior=prior, start=None))
        costs, fidelities = [], []

        def restore(degraded: np.ndarray, mask: np.ndarray) -> np.ndarray:
            restored, fidelity = restorer.with_fidelity(degraded, mask=mask)  # noqa: B023
            assert fidelity is not None
            costs.append(ops.convert_to_numpy(cost(restored)))  # noqa: B023
            fidelities.append(fidelity[-1])  # noqa: B023
            return restored

        own, composite = protocol.evaluate(restore, faces, masks)
        found = {"psnr": own.mean("psnr"), "psnr_composite": composite.mean("psnr")}
        found |= {"fidelity": float(np.concatenate(fidelities).mean()), "cost": float(np.concatenate(costs).mean())}
        rows.append({"weight": weight, "level": LEVEL, "images": len(faces), **found, "cost_of_truth": of_truth})
        print(rows[-1], flush=True)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out in Markdown."""
    heads = ["weight", "PSNR in dB", "composite", "fidelity", "R / weight"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---:|" * len(heads)]
    for row in rows:
        cells = f"{row['psnr']:.2f} | {row['psnr_composite']:.2f} | {row['fidelity']:.2f} | {row['cost']:.2f}"
        lines.append(f"| {row['weight']:g} | {cells} |")
    return "\n".join([*lines, f"\nR / weight of the true faces: {rows[0]['cost_of_truth']:.2f}"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", default="data", type=pathlib.Path, help="holds CelebA [data]")
    parser.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    options = parser.parse_args()
    measured = measure(options.data_dir)
    print(machine(), table(measured), sep="\n\n")
    write(options.json, measured, ["inpaint_celeba_dlnet_gradient"])
