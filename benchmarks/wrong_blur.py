"""What a wrong blur width costs: PSNR of the shipped IDN x3 models on 8 bits when the width they are told is off.

python -m benchmarks.wrong_blur                                       the samples that come with the package
python -m benchmarks.wrong_blur --data_dir DIR --test_sets Set5,Set14 --json docs/results/wrong_blur.json
python -m benchmarks.wrong_blur --data_dir DIR --choose               which widths are taken for possible, held out
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import math
import pathlib
from typing import Any

import numpy as np

from benchmarks.recording import write
from dlnet_tf.data.middle import middle
from dlnet_tf.data.test_sets import find_test_sets
from dlnet_tf.errors import UsageError
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.evaluation.metrics import to_eight_bit
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.photographs import training_images
from dlnet_tf.method_labels import method_label
from dlnet_tf.progress import Progress
from dlnet_tf.restoration import Restorer
from dlnet_tf.restoration.blur_estimation import WIDTHS, estimate_blur_width

EXPERIMENT = SuperResolution("idn", 3)
# Method, and whether it is told no more blur than the photograph seems to have, as in `--mode restore`. Joint training
# is told nothing: one number for each true width.
LINES = (("joint", False), ("dlnet", False), ("dlnet_gradient", False), ("dlnet_gradient", True))
TRUE_WIDTHS = (0.0, 0.6, 1.3, 2.0, 2.6)
# How probable a width has to be, of the most probable one, to count as possible: 0 for all, 1 for no larger one.
SHARES = (0.0, 0.5, 0.65, 0.8, 0.9, 1.0)
ERRORS = (-0.6, -0.3, 0.0, 0.3, 0.6)


def assumed_as(restorer: Restorer, blur_width: float, share: float = 0.0) -> protocol.Restore:
    """Return a model that is told one blur width, whatever the true one is; with a share no impossible one."""

    def restore(degraded: np.ndarray, _: np.ndarray, noise_sigma: np.ndarray) -> np.ndarray:
        u = min(blur_width, _largest(degraded.tobytes(), degraded.shape, share)) if share else blur_width
        return restorer(degraded, np.array([u], np.float32), noise_sigma)

    return restore


@functools.cache
def _largest(degraded: bytes, shape: tuple[int, ...], share: float) -> float:
    """Return the largest width that is possible; infinity where a photograph says nothing of its blur."""
    y = np.frombuffer(degraded, np.float32).reshape(shape)
    try:
        estimate = estimate_blur_width(to_eight_bit(y[0, ..., 0]), EXPERIMENT.scale)
    except UsageError:
        return math.inf
    widest = WIDTHS[estimate.posterior >= share * estimate.posterior.max()][-1]
    return dataclasses.replace(estimate, blur_width=widest).largest


def measure(name: str, photographs: list[tuple[str, np.ndarray]]) -> list[dict[str, Any]]:
    """Score every line at every true width and error of a test set: rows of a report, with `assumed` and `capped`."""
    restorers = {method: Restorer(EXPERIMENT.load_shipped(method)) for method, _ in LINES}
    cases = [(*line, u, error) for u in TRUE_WIDTHS for line in LINES for error in _errors(line[0], u)]
    progress = Progress(len(cases), unit="case")
    rows = []
    for method, capped, u, error in cases:
        pairs = protocol.make_pairs(photographs, EXPERIMENT.scale, u, protocol.ROUNDED)
        scores = protocol.evaluate(assumed_as(restorers[method], u + error, 1.0 if capped else 0.0), pairs)
        row = protocol.report_row(scores, pairs, name, method, EXPERIMENT.backbone)
        told = {} if method == "joint" else {"assumed": round(u + error, 6), "capped": capped}
        rows.append(row | told)
        progress.advance()
    progress.clear()
    return rows


def _errors(method: str, u: float) -> tuple[float, ...]:
    # A width below 0 cannot be assumed.
    return (0.0,) if method == "joint" else tuple(error for error in ERRORS if u + error > -1e-9)


def choose(data_dir: pathlib.Path) -> str:
    """Score shares that make a width possible, on photographs that are held out of training: a table in Markdown."""
    _, held_out, _ = training_images(data_dir, EXPERIMENT.scale)
    photographs = [(name, middle(image)) for name, image in held_out]
    restorer = Restorer(EXPERIMENT.load_shipped("dlnet_gradient"))
    errors = [error for error in ERRORS if error >= 0]
    progress = Progress(len(TRUE_WIDTHS) * len(errors) * len(SHARES), unit="case")
    lines = [
        "| PSNR in dB, held out | " + " | ".join(f"{share:g}" for share in SHARES) + " |",
        "|---" * (len(SHARES) + 1) + "|",
    ]
    for u in TRUE_WIDTHS:
        pairs = protocol.make_pairs(photographs, EXPERIMENT.scale, u, protocol.ROUNDED)
        for error in errors:
            cells = []
            for share in SHARES:
                scores = protocol.evaluate(assumed_as(restorer, u + error, share), pairs)
                cells.append(f"{np.mean([score.psnr for score in scores]):.2f}")
                progress.advance()
            lines.append(f"| u={u:g}, told {u + error:.1f} | " + " | ".join(cells) + " |")
    progress.clear()
    return "\n".join(lines)


def table(rows: list[dict[str, Any]]) -> str:
    """Lay out the rows of one set in Markdown: a line for each true width and model, a column for each error."""
    lines = [
        f"| PSNR in dB, {rows[0]['set']} | "
        + " | ".join(f"{error:+g}" if error else "right" for error in ERRORS)
        + " |",
        "|---" + "|---:" * len(ERRORS) + "|",
    ]
    psnr = {
        (row["blur_width"], row["method"], row.get("capped", False), row.get("assumed")): row["psnr"] for row in rows
    }
    for u in TRUE_WIDTHS:
        for method, capped in LINES:
            told = [None if method == "joint" else round(u + error, 6) for error in ERRORS]
            cells = [psnr.get((u, method, capped, assumed)) for assumed in told]
            texts = ["–" if cell is None else f"{cell:.2f}" for cell in cells]
            label = method_label(method) + (", as restored" if capped else "")
            lines.append(f"| u={u:g}, {label} | " + " | ".join(texts) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", default="data", help="folder of the test sets [data]")
    parser.add_argument("--test_sets", help="folders there [Set5,Set14,B100, else the samples]")
    parser.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    parser.add_argument("--choose", action="store_true", help="score shares on held-out photographs instead")
    options = parser.parse_args()
    if options.choose:
        print(choose(pathlib.Path(options.data_dir)))
        raise SystemExit
    sets = find_test_sets(options.data_dir, options.test_sets and options.test_sets.split(","))
    found = {name: measure(name, photographs) for name, photographs in sets.items()}
    print("\n\n".join(map(table, found.values())))
    rows = [row for of_set in found.values() for row in of_set]
    write(options.json, rows, {EXPERIMENT.name(method) for method, _ in LINES})
