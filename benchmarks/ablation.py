"""What each part of a DL-Net gives: the reference IDN x3 fine-tuned with and without them, on held-out photographs.

python -m benchmarks.ablation --data_dir DIR --json docs/results/ablation.json     what the file does not have yet

600 steps a case from the network that ships, patches, widths, noise and learning rate as learned step sizes have them,
Adam too; every case sees the same draws. What is found is written after each case, so that a stopped run goes on.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.recording import digest
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.patch_lesson import patches_of
from dlnet_tf.experiments.super_resolution.training import PhotographPatches
from dlnet_tf.files import write_text
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate, NeutralStart, Update
from dlnet_tf.options import TrainOptions
from dlnet_tf.tasks import TASKS
from dlnet_tf.training.plan import Plan
from dlnet_tf.training.run import Run
from dlnet_tf.training.run_files import RunFiles
from dlnet_tf.training.schedules import make_schedule

EXPERIMENT, METHOD = SuperResolution("idn", 3), "dlnet_gradient"
OF_TASK = TASKS[EXPERIMENT.task]
STEPS, LEARNING_RATE = 600, 2e-4
SEEDS = (0, 1, 2)


def adam() -> Update:
    """Make the paper's rule as we train it."""
    return AdamUpdate(OF_TASK.step_size, floor=OF_TASK.floor)


def paper() -> Update:
    """Make it with the gamma that the paper has for holes, and the floor of 1e-8."""
    return AdamUpdate(1e-3)


def plain() -> Update:
    """Make learned step sizes on the plain residual."""
    return GradientUpdate(damping=None)


@dataclasses.dataclass(frozen=True)
class Case:
    """One way to make a DL-Net.

    Attributes:
        rule: makes what moves z.
        start: whether y is undone before the network.
        num_steps: K.
        layer: whose output is z.
        seeds: of the draws, one training each.
    """

    rule: Callable[[], Update] = GradientUpdate
    start: bool = True
    num_steps: int = 5
    layer: str = "z"
    seeds: Sequence[int] = SEEDS

    def build(self) -> DLNet:
        """Make it around the reference network that ships."""
        return DLNet(
            EXPERIMENT.load_shipped("reference"),
            EXPERIMENT.degradation,
            self.num_steps,
            self.rule(),
            layer=self.layer,
            start=NeutralStart() if self.start else None,
            recalibrate=False,
        )


CASES = {
    "as long without steps": Case(start=False, num_steps=1),
    "Adam, gamma = 1e-3": Case(paper, start=False),
    "Adam": Case(adam, start=False),
    "Adam, start": Case(adam),
    "learned": Case(plain, start=False),
    "learned, start": Case(plain),
    "learned, damped": Case(start=False),
    "learned, damped, start": Case(),
    "K=3": Case(num_steps=3),
    "K=2": Case(num_steps=2),
    "K=1": Case(num_steps=1),
    "z a block earlier": Case(layer="block3_compress_act", seeds=(0,)),
}


def train(case: Case, seed: int, data_dir: str, steps: int = STEPS) -> dict[str, float]:
    """Fine-tune one case; return its PSNR in dB by level."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model = case.build()
    batch = patches_of(METHOD).batch_size
    lesson = PhotographPatches(EXPERIMENT, METHOD, TrainOptions(data_dir=data_dir, seed=seed), batch)
    lesson.validate_every = steps
    optimizer = keras.optimizers.Adam(make_schedule("cosine", LEARNING_RATE, steps, lesson.periods))
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(RunFiles(pathlib.Path(folder), "ablation"), steps, batch)
        notes = Run(model, model, optimizer, lesson, plan, tf.distribute.get_strategy()).train(resume=False)
    return dict(notes.history[-1]["psnr"])


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Lay the rows out in Markdown: a line a case, a column a level, the mean of the seeds and half of their range."""
    levels = list(rows[0]["psnr"])
    lines = [
        "| PSNR in dB, held out | " + " | ".join(levels) + " | seeds |",
        "|---" + "|---:" * (len(levels) + 1) + "|",
    ]
    for name in CASES:
        found = [row["psnr"] for row in rows if row["case"] == name]
        if not found:
            continue
        cells = []
        for level in levels:
            values = [psnr[level] for psnr in found]
            spread = f" ± {np.ptp(values) / 2:.2f}" if len(values) > 1 else ""
            cells.append(f"{np.mean(values):.2f}{spread}")
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {len(found)} |")
    return "\n".join(lines)


def main() -> None:
    """Train what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", default="data", help="holds T91 and BSDS400 [data]")
    parser.add_argument("--json", type=pathlib.Path, required=True, help="file of the numbers, gone on with")
    options = parser.parse_args()
    settings = {"models": {"idn_x3_reference": digest("idn_x3_reference")}, "steps": STEPS}
    found: dict[str, Any] = settings | {"rows": []}
    if options.json.is_file():
        found = json.loads(options.json.read_text("utf-8"))
    if found != settings | {"rows": found["rows"]}:
        parser.error(f"{options.json}: found another reference or length, expected another file for {settings}")
    rows = found["rows"]
    done = {(row["case"], row["seed"]) for row in rows}
    # All cases once before a second seed, so that a part of them is worth looking at.
    for seed in SEEDS:
        for name, case in CASES.items():
            if seed in case.seeds and (name, seed) not in done:
                print(f"{name}, seed {seed}", flush=True)
                rows.append({"case": name, "seed": seed, "psnr": train(case, seed, options.data_dir)})
                write_text(options.json, json.dumps(found, indent=1) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
