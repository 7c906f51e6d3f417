"""Thin scratches on photographs: the scenes model that ships beside what needs no training, by PSNR of what is filled.

python -m benchmarks.scratches --json docs/results/scratches.json
"""

from __future__ import annotations

import argparse
import functools
import pathlib
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from benchmarks.recording import machine, write
from dlnet_tf.data.samples import load_samples
from dlnet_tf.evaluation.metrics import to_eight_bit
from dlnet_tf.evaluation.untrained import UNTRAINED
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.method_labels import method_label
from dlnet_tf.restoration import Restorer, inpaint

SEED = 0
SCRATCHES = 12
# In pixels of the photograph; OpenCV draws odd widths as they are.
WIDTHS = (1, 3, 5, 9)
# Points of a scratch; it turns by a tenth of a radian or so at each.
POINTS, TURN = 12, 0.15


def scratched(size: tuple[int, int], width: int, photograph: int) -> np.ndarray:
    """Draw scratches of one width: bent lines from anywhere in any direction, half as long as the photograph.

    Returns:
        uint8 [H, W], 1 = observed, 0 = missing; the same lines for every width.
    """
    random = np.random.default_rng([SEED, photograph])
    mask = np.ones(size, np.uint8)
    for _ in range(SCRATCHES):
        heading = random.uniform(0, 2 * np.pi) + np.cumsum(random.normal(0, TURN, POINTS))
        step = max(size) / 2 / POINTS
        steps = step * np.stack([np.cos(heading), np.sin(heading)], axis=1)
        line = random.uniform(0, 1, 2) * (size[1], size[0]) + np.cumsum(steps, axis=0)
        cv2.polylines(mask, [np.rint(line).astype(np.int32)], False, 0, width)
    return mask


def fillers() -> dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]:
    """Return by name what fills a photograph uint8 [H, W, 3] where a mask [H, W] is 0."""

    def alone(fill: Callable[..., np.ndarray], image: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return to_eight_bit(fill(image[None] / np.float32(255), mask[None, ..., None])[0])

    restorer = Restorer(Inpainting("inpaint", "scenes").load_shipped("dlnet_gradient"))
    found: dict[str, Callable[..., np.ndarray]] = {
        name: functools.partial(alone, fill) for name, fill in UNTRAINED.items()
    }
    return found | {"dlnet_gradient": lambda image, mask: inpaint(restorer, image, mask, "inpaint")[0]}


def measure() -> list[dict[str, Any]]:
    """Return a row for each photograph, width and filler: `psnr` in dB over the missing pixels alone."""
    rows = []
    filler = fillers()
    for index, (name, image) in enumerate(load_samples()):
        if image.ndim == 2:
            continue
        for width in WIDTHS:
            mask = scratched(image.shape[:2], width, index)
            missing = mask == 0
            for method, fill in filler.items():
                filled = fill(np.where(missing[..., None], 0, image).astype(np.uint8), mask)
                error = np.mean(np.square(filled[missing].astype(float) - image[missing]))
                psnr = float(10 * np.log10(255**2 / error))
                share = float(missing.mean())
                rows.append({"set": name, "width": width, "missing": share, "method": method, "psnr": psnr})
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the means over photographs out in Markdown: a line a filler, a column a width."""
    lines = [
        "| PSNR in dB of what is filled | " + " | ".join(f"{width} px" for width in WIDTHS) + " |",
        "|---" + "|---:" * len(WIDTHS) + "|",
    ]
    for method in dict.fromkeys(row["method"] for row in rows):
        means = [
            np.mean([row["psnr"] for row in rows if (row["method"], row["width"]) == (method, width)])
            for width in WIDTHS
        ]
        lines.append(f"| {method_label(method)} | " + " | ".join(f"{mean:.2f}" for mean in means) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    options = parser.parse_args()
    measured = measure()
    print(machine(), table(measured), sep="\n\n")
    write(options.json, measured, ["inpaint_scenes_dlnet_gradient"])
