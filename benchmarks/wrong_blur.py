"""What a wrong blur width costs: PSNR of the shipped IDN x3 models on 8 bits when the width they are told is off.

python -m benchmarks.wrong_blur                                       the samples that come with the package
python -m benchmarks.wrong_blur --data_dir DIR --test_sets Set5,Set14 --json docs/results/wrong_blur.json
"""

from __future__ import annotations

import argparse
import json
import pathlib
from typing import Any

import numpy as np

from dlnet_tf.data.test_sets import find_test_sets
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.method_labels import method_label
from dlnet_tf.progress import Progress
from dlnet_tf.restoration import Restorer

EXPERIMENT = SuperResolution("idn", 3)
# Joint training is told nothing: one number for each true width.
METHODS = ("joint", "dlnet", "dlnet_gradient")
TRUE_WIDTHS = (0.0, 0.6, 1.3, 2.0, 2.6)
ERRORS = (-0.6, -0.3, 0.0, 0.3, 0.6)


def assumed_as(restorer: Restorer, blur_width: float) -> protocol.Restore:
    """Return a model that is told one blur width, whatever the true one is."""
    return lambda degraded, _, noise_sigma: restorer(degraded, np.array([blur_width], np.float32), noise_sigma)


def measure(name: str, photographs: list[tuple[str, np.ndarray]]) -> list[dict[str, Any]]:
    """Score every method at every true width and error of a test set: rows as in a report, with `assumed`."""
    restorers = {method: Restorer(EXPERIMENT.load_shipped(method)) for method in METHODS}
    cases = [(method, u, error) for u in TRUE_WIDTHS for method in METHODS for error in _errors(method, u)]
    progress = Progress(len(cases), unit="case")
    rows = []
    for method, u, error in cases:
        pairs = protocol.make_pairs(photographs, EXPERIMENT.scale, u, protocol.EIGHT_BITS)
        scores = protocol.evaluate(assumed_as(restorers[method], u + error), pairs)
        row = protocol.report_row(scores, pairs, name, method, EXPERIMENT.backbone)
        rows.append(row if method == "joint" else row | {"assumed": round(u + error, 6)})
        progress.advance()
    progress.clear()
    return rows


def _errors(method: str, u: float) -> tuple[float, ...]:
    # A width below 0 cannot be assumed.
    return (0.0,) if method == "joint" else tuple(error for error in ERRORS if u + error > -1e-9)


def table(rows: list[dict[str, Any]]) -> str:
    """Lay out the rows of one set in Markdown: a line for each true width and method, a column for each error."""
    lines = [
        f"| PSNR in dB, {rows[0]['set']} | "
        + " | ".join(f"{error:+g}" if error else "right" for error in ERRORS)
        + " |",
        "|---" + "|---:" * len(ERRORS) + "|",
    ]
    for u in TRUE_WIDTHS:
        for method in METHODS:
            psnr = {
                row.get("assumed"): row["psnr"] for row in rows if (row["blur_width"], row["method"]) == (u, method)
            }
            cells = [psnr.get(None if method == "joint" else round(u + error, 6)) for error in ERRORS]
            texts = ["–" if cell is None else f"{cell:.2f}" for cell in cells]
            lines.append(f"| u={u:g}, {method_label(method)} | " + " | ".join(texts) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", default="data", help="folder of the test sets [data]")
    parser.add_argument("--test_sets", help="folders there [Set5,Set14,B100, else the samples]")
    parser.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    options = parser.parse_args()
    sets = find_test_sets(options.data_dir, options.test_sets and options.test_sets.split(","))
    found = {name: measure(name, photographs) for name, photographs in sets.items()}
    print("\n\n".join(map(table, found.values())))
    if options.json:
        rows = [row for of_set in found.values() for row in of_set]
        options.json.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
