"""What wrapping gives a network of others: the published weights of IDN in a DL-Net, not trained further.

python -m benchmarks.published --weights DIR --data_dir data --json docs/results/published.json

DIR holds `idn_published_x2.npz` and those of x3 and x4: the parameters of the authors' models (Zheng222/IDN-Caffe on
GitHub, `test/caffemodel`) as arrays `<layer>/kernel` and `<layer>/bias`, in Caffe's order of axes.
"""

from __future__ import annotations

import argparse
import itertools
import pathlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from benchmarks.recording import write
from dlnet_tf import backbones
from dlnet_tf.data.test_sets import find_test_sets
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.likelihood import DLNet, GradientUpdate
from dlnet_tf.progress import Progress
from dlnet_tf.reporting.paper import identity, paper_table
from dlnet_tf.restoration import Restorer

SCALES = (2, 3, 4)
TEST_SET = "Set5"
# The paper's table of this set.
TABLE = "XII"
LABELS = {"reference": "the network alone", "zero_shot": "in a DL-Net"}


def published(folder: pathlib.Path, scale: int) -> keras.Model:
    """Build IDN with the weights that its authors published for bicubic input."""
    network = backbones.idn(scale=scale)
    with np.load(folder / f"idn_published_x{scale}.npz") as file:
        for theirs in {name.rpartition("/")[0] for name in file.files}:
            kernel = file[f"{theirs}/kernel"].transpose(2, 3, 1, 0)
            network.get_layer(_our_name(theirs)).set_weights([kernel, file[f"{theirs}/bias"]])
    return network


def _our_name(theirs: str) -> str:
    if theirs == "upsample":
        return "upscale"
    if theirs.startswith("down"):
        return "z" if theirs == "down4" else f"block{theirs.removeprefix('down')}_compress"
    number, _, layer = theirs.removeprefix("conv").partition("_")
    return f"block{int(number) - 2}_conv{layer}" if layer else f"features{number}"


def untrained(network: keras.Model, scale: int) -> Restorer:
    """Wrap a network as the page on networks of your own does."""
    return Restorer(DLNet(network, BlurDownsample(scale), update=GradientUpdate()))


def _methods(folder: pathlib.Path, scale: int) -> Iterator[tuple[str, protocol.Restore]]:
    network = published(folder, scale)
    yield "reference", lambda y, _, __: np.asarray(network(y, training=False))
    yield "zero_shot", untrained(network, scale)


def measure(folder: pathlib.Path, data_dir: pathlib.Path) -> list[dict[str, Any]]:
    """Score the network alone and wrapped, on exact data and those of 8 bits: rows as in a report."""
    images = find_test_sets(data_dir, [TEST_SET])[TEST_SET]
    progress = Progress(len(SCALES) * len(LABELS) * len(protocol.NOISES) * len(protocol.BLUR_WIDTHS), unit="case")
    rows = []
    for scale in SCALES:
        methods = dict(_methods(folder, scale))
        for noise, u in itertools.product(protocol.NOISES, protocol.BLUR_WIDTHS):
            pairs = protocol.make_pairs(images, scale, u, noise)
            for method, restore in methods.items():
                rows.append(protocol.report_row(protocol.evaluate(restore, pairs), pairs, TEST_SET, method, "idn"))
                progress.advance()
    progress.clear()
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out in Markdown: a line for each method and noise, and the paper's own DL-Net, a column a width."""
    paper = {identity(row): row for row in paper_table(TABLE) if row["method"] == "dlnet"}
    widths = " | ".join(f"u = {u:g}" for u in protocol.BLUR_WIDTHS)
    lines = [f"| PSNR in dB, {TEST_SET} | {widths} |", "|---" + "|---:" * len(protocol.BLUR_WIDTHS) + "|"]
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["scale"], row.get("noise_sigma"), row["method"]), []).append(row)
    for (scale, noise, method), found in groups.items():
        label = f"x{scale}, {LABELS[method]}" + (", 8 bits" if noise else "")
        lines.append(_line(label, found, "{:.2f}"))
        if method == "zero_shot" and not noise:
            theirs = [paper[identity(row | {"method": "dlnet"})] for row in found]
            lines.append(_line(f"x{scale}, the paper's trained DL-Net", theirs, "({:.2f})"))
    return "\n".join(lines)


def _line(label: str, rows: list[dict[str, Any]], form: str) -> str:
    return " | ".join([f"| {label}", *(form.format(row["psnr"]) for row in rows)]) + " |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", required=True, type=pathlib.Path, help="holds idn_published_x2.npz, x3 and x4")
    parser.add_argument("--data_dir", default="data", type=pathlib.Path, help=f"holds {TEST_SET} [data]")
    parser.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    options = parser.parse_args()
    measured = measure(options.weights, options.data_dir)
    print(table(measured))
    write(options.json, measured)
