"""Keep the training curves of the paper's Figures 1 and 4, and draw them.

python -m tools.make_curves    docs/results/curves.json from the runs of the recipes, docs/images/figure_*.svg from it
"""

from __future__ import annotations

import argparse
import json
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.inpainting.training import BATCH
from dlnet_tf.reporting.line_plot import line_plot
from tools.recipes import Zoo
from tools.train_zoo import ROOT

CURVES = ROOT / "docs" / "results" / "curves.json"
# What a figure compares, and the recipe of each line.
FIGURES: dict[str, dict[str, str]] = {
    "figure_1": {
        "joint": "inpaint_celeba_joint",
        "λ = 1e2": "lambda/1e2/inpaint_celeba_naive_likelihood",
        "λ = 1e3": "lambda/1e3/inpaint_celeba_naive_likelihood",
        "λ = 1e4": "inpaint_celeba_naive_likelihood",
        "λ = 1e5": "lambda/1e5/inpaint_celeba_naive_likelihood",
    },
    "figure_4": {f"K = {steps}": f"steps/K={steps}/inpaint_celeba_dlnet" for steps in range(1, 6)},
}
# The lines have these colours, and so have their names; a picture in a page has no style sheet but its own.
COLOURS = ("#0b6e99", "#c2410c", "#4d7c0f", "#7e22ce", "#374151")
STYLE = (
    "svg {{ background: white; font: 12px sans-serif; }} .grid {{ stroke: #ddd; }} "
    "polyline {{ fill: none; stroke: var(--c); stroke-width: 2; }} circle, .series text {{ fill: var(--c); }} {0}"
)

Curve = list[tuple[int, float]]


def read_curve(logs: pathlib.Path) -> Curve:
    """Read what a run wrote for TensorBoard: by step the PSNR of held-out images, mean over the levels.

    Args:
        logs: folder of event files; of a run that was continued, several, of which the last has what was repeated. The
            end of one may be cut off, as by a kill.

    Returns:
        (step, PSNR in dB), in order.
    """
    found: dict[int, dict[str, float]] = {}
    for path in sorted(logs.iterdir()):
        for record in tf.data.TFRecordDataset(str(path)).ignore_errors():
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                if value.tag.startswith("psnr/"):
                    found.setdefault(event.step, {})[value.tag] = float(tf.make_ndarray(value.tensor))
    return [(step, round(float(np.mean(list(levels.values()))), 4)) for step, levels in sorted(found.items())]


def read(zoo: Zoo, lines: Mapping[str, str]) -> dict[str, Curve]:
    """Read the curves of the lines of a figure, by images seen.

    Raises:
        UsageError: a model is not final, or its run is gone.
    """
    curves = {}
    for label, name in lines.items():
        logs = zoo.files(name).logs
        if not zoo.is_final(name) or not logs.is_dir():
            raise UsageError(f"{name}: found no finished run, expected one; run python -m tools.train_zoo {name}")
        batch = zoo.recipes[name].get("batch_size", BATCH)
        curves[label] = [(step * batch, value) for step, value in read_curve(logs)]
    return curves


def draw(curves: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """Draw the curves of a figure, by the images that all of them were validated after, as an SVG file."""
    images = [f"{seen / 1000:.0f}" for seen, _ in max(curves.values(), key=len)]
    colours = {label: number for number, label in enumerate(curves)}
    # The last validation follows the one before it closely.
    shown = [index for index, label in enumerate(images) if label not in images[index + 1 :]]
    series = {label: [curve[index][1] for index in shown if index < len(curve)] for label, curve in curves.items()}
    svg = line_plot(
        series, colours, [images[index] for index in shown], "PSNR of held-out faces (dB)", "thousand images"
    )
    rules = " ".join(f".s{number} {{ --c: {colour}; }}" for number, colour in enumerate(COLOURS))
    head, _, rest = svg.partition(">")
    return f'{head} xmlns="http://www.w3.org/2000/svg"><style>{STYLE.format(rules)}</style>{rest}\n'


def main() -> None:
    """Read what runs there are, and draw all that is kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    kept = json.loads(CURVES.read_text("utf-8")) if CURVES.is_file() else {}
    for figure, lines in FIGURES.items():
        try:
            kept[figure] = read(Zoo(ROOT), lines)
        except UsageError as error:
            print(f"{figure}: {error}")
    if kept:
        CURVES.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    for figure, curves in kept.items():
        path = ROOT / "docs" / "images" / f"{figure}.svg"
        path.write_text(draw(curves), "utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
