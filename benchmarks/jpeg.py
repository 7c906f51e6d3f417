"""How much noise to tell of a JPEG: PSNR of the shipped IDN x3 on held-out photographs, by a factor on its estimate.

python -m benchmarks.jpeg --data_dir data --json docs/results/jpeg.json
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import pathlib
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.recording import write
from dlnet_tf.data.middle import middle
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.evaluation.metrics import to_eight_bit
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.photographs import training_images
from dlnet_tf.imagefiles.jpeg_noise import jpeg_noise
from dlnet_tf.progress import Progress
from dlnet_tf.restoration import Restorer

EXPERIMENT = SuperResolution("idn", 3)
QUALITIES = (60, 75, 90, 95)
FACTORS = (0.0, 1.0, 1.5, 2.0, 3.0, 5.0)


def compressed(pair: protocol.SRPair, quality: int, factor: float) -> protocol.SRPair:
    """Return a test case as a JPEG holds it, told so many times its noise, and that of 8 bits at least."""
    file = io.BytesIO()
    Image.fromarray(to_eight_bit(pair.degraded[0, ..., 0])).save(file, "JPEG", quality=quality)
    with Image.open(file) as image:
        pixels, tables = np.asarray(image), getattr(image, "quantization")  # noqa: B009
    noise = max(factor * jpeg_noise(tables[0], pixels), 1 / (255 * 12**0.5))
    return dataclasses.replace(pair, degraded=pixels[None, ..., None].astype(np.float32) / 255, noise=noise)


def measure(data_dir: pathlib.Path) -> list[dict[str, Any]]:
    """Score every quality, width and factor; factor 0 is the noise of 8 bits."""
    _, held_out, _ = training_images(data_dir, EXPERIMENT.scale)
    photographs = [(name, middle(image)) for name, image in held_out]
    restorer = Restorer(EXPERIMENT.load_shipped("dlnet_gradient"))
    progress = Progress(len(QUALITIES) * len(protocol.BLUR_WIDTHS) * len(FACTORS), unit="case")
    rows = []
    for u in protocol.BLUR_WIDTHS:
        exact = protocol.make_pairs(photographs, EXPERIMENT.scale, u)
        for quality in QUALITIES:
            for factor in FACTORS:
                scores = protocol.evaluate(restorer, [compressed(pair, quality, factor) for pair in exact])
                psnr = float(np.mean([score.psnr for score in scores]))
                rows.append({"quality": quality, "blur_width": u, "factor": factor, "psnr": psnr})
                progress.advance()
    progress.clear()
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out in Markdown: a line for each width and quality, a column for each factor."""
    heads = ["8 bits" if factor == 0 else f"{factor:g}" for factor in FACTORS]
    lines = ["| PSNR in dB, x3, held out | " + " | ".join(heads) + " |", "|---" + "|---:" * len(heads) + "|"]
    psnr = {(row["blur_width"], row["quality"], row["factor"]): row["psnr"] for row in rows}
    for u in protocol.BLUR_WIDTHS:
        for quality in QUALITIES:
            cells = " | ".join(f"{psnr[u, quality, factor]:.2f}" for factor in FACTORS)
            lines.append(f"| u={u:g}, quality {quality} | {cells} |")
    means = [np.mean([row["psnr"] for row in rows if row["factor"] == factor]) for factor in FACTORS]
    return "\n".join([*lines, "| mean | " + " | ".join(f"{mean:.2f}" for mean in means) + " |"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", default="data", type=pathlib.Path, help="holds T91 and BSDS400 [data]")
    parser.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    options = parser.parse_args()
    found = measure(options.data_dir)
    print(table(found))
    write(options.json, found, [EXPERIMENT.name("dlnet_gradient")])
