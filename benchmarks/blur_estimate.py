"""How well `--blur_width auto` knows the blur: estimates on held-out photographs beside the true u.

python -m benchmarks.blur_estimate --data_dir DIR --json docs/results/blur_estimate.json   held-out images, the result
python -m benchmarks.blur_estimate --data_dir DIR --calibrate                              training images, T is chosen
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.recording import write
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.evaluation.metrics import to_eight_bit
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.photographs import training_images
from dlnet_tf.imagefiles.jpeg_noise import jpeg_noise
from dlnet_tf.progress import Progress
from dlnet_tf.restoration import Restorer
from dlnet_tf.restoration.blur_estimation import BlurEstimate, cut_patches, log_likelihood, summarise
from dlnet_tf.restoration.noise_estimation import COMPRESSION
from dlnet_tf.rounding import EIGHT_BITS

TRUE_WIDTHS = np.linspace(0, 3, 7)
TEMPERATURES = (1, 10, 20, 40, 60, 80, 100, 150, 200)
# Every so many of the training images.
CALIBRATED_EVERY = 24

EXPERIMENT = SuperResolution("idn", 3)

Photograph = tuple[str, np.ndarray]
Treatment = Callable[[np.ndarray], tuple[np.ndarray, float]]
"""From what a file of 8 bits holds to what is looked at, and the standard deviation of its noise."""


def rounded(image: np.ndarray) -> tuple[np.ndarray, float]:
    """Leave what is rounded to 8 bits as it is."""
    return image, EIGHT_BITS


def noisy(image: np.ndarray) -> tuple[np.ndarray, float]:
    """Add noise of 2 gray levels, the same each time."""
    noise = np.random.default_rng(0).normal(0, 2, image.shape)
    return np.rint(np.clip(image + noise, 0, 255)).astype(np.uint8), 2 / 255


def jpeg(image: np.ndarray) -> tuple[np.ndarray, float]:
    """Compress at quality 90 and read again; the noise is that which the file's own tables tell."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=90)
    with Image.open(file) as read:
        pixels, tables = np.asarray(read), getattr(read, "quantization")  # noqa: B009
    return pixels, COMPRESSION * jpeg_noise(tables[0], pixels)


# Scale and what is done to the 8-bit photograph before its blur is estimated.
CASES: tuple[tuple[int, str, Treatment], ...] = (
    (2, "8 bits", rounded),
    (3, "8 bits", rounded),
    (4, "8 bits", rounded),
    (3, "noise of 2 / 255", noisy),
    (3, "JPEG of quality 90", jpeg),
)
# The cases that are restored too.
RESTORED = {(3, "8 bits"), (3, "JPEG of quality 90")}


def halves(photographs: Sequence[Photograph]) -> list[Photograph]:
    """Cut every photograph in two along its longer side."""
    parts = []
    for name, image in photographs:
        axis = int(image.shape[1] > image.shape[0])
        parts += [(f"{name}/{index}", part) for index, part in enumerate(np.array_split(image, 2, axis))]
    return parts


def degraded(photographs: Sequence[Photograph], scale: int, u: float, treat: Treatment) -> list[protocol.SRPair]:
    """Blur and reduce photographs to what a file of 8 bits holds."""
    pairs = []
    for pair in protocol.make_pairs(photographs, scale, u):
        pixels, noise = treat(to_eight_bit(pair.degraded[0, :, :, 0]))
        y = pixels[None, :, :, None].astype(np.float32) / 255
        pairs.append(dataclasses.replace(pair, degraded=y, noise=noise))
    return pairs


def likelihoods(pairs: Sequence[protocol.SRPair], progress: Progress) -> list[np.ndarray]:
    """Return the log likelihoods of every photograph."""
    found = []
    for pair in pairs:
        found.append(log_likelihood(cut_patches(to_eight_bit(pair.degraded[0, :, :, 0])), pair.scale))
        progress.advance()
    return found


def restored(pairs: Sequence[protocol.SRPair], estimates: Sequence[BlurEstimate]) -> dict[str, float]:
    """Return the mean PSNR of the DL-Net that ships, told the true width or the estimate, and of joint training."""
    dlnet, joint = (Restorer(EXPERIMENT.load_shipped(method)) for method in ("dlnet_gradient", "joint"))
    told = iter(np.array([[estimate.blur_width] for estimate in estimates], np.float32))
    methods: dict[str, protocol.Restore] = {
        "psnr_told_truth": dlnet,
        "psnr_told_estimate": lambda y, _, noise_sigma: dlnet(y, next(told), noise_sigma),
        "psnr_joint": joint,
    }
    return {
        key: float(np.mean([score.psnr for score in protocol.evaluate(restore, pairs)]))
        for key, restore in methods.items()
    }


def row(pairs: Sequence[protocol.SRPair], kind: str, progress: Progress) -> dict[str, Any]:
    """Return the errors of the estimates of one true width, and where it is restored what they do to PSNR."""
    u, scale = pairs[0].blur_width, pairs[0].scale
    estimates = [summarise(log_likelihoods) for log_likelihoods in likelihoods(pairs, progress)]
    errors = np.array([estimate.blur_width - u for estimate in estimates])
    found = {
        "scale": scale,
        "kind": kind,
        "true": float(u),
        "bias": float(errors.mean()),
        "mean_absolute_error": float(np.abs(errors).mean()),
        "covered": float(np.mean([estimate.low - 1e-9 <= u <= estimate.high + 1e-9 for estimate in estimates])),
        "interval": float(np.mean([estimate.high - estimate.low for estimate in estimates])),
        "photographs": len(pairs),
    }
    return found | (restored(pairs, estimates) if (scale, kind) in RESTORED else {})


def calibrate(photographs: Sequence[Photograph], scale: int = 3) -> None:
    """Print how many intervals hold the true width at several temperatures."""
    progress = Progress(len(photographs) * len(TRUE_WIDTHS), unit="photograph")
    found = {u: likelihoods(degraded(photographs, scale, u, rounded), progress) for u in TRUE_WIDTHS}
    progress.clear()
    print(f"{'T':>6} {'covered':>8} {'interval':>9} {'error':>6}   by true width")
    for temperature in TEMPERATURES:
        covered, widths, errors = [], [], []
        for u, of_width in found.items():
            estimates = [summarise(log_likelihoods, temperature) for log_likelihoods in of_width]
            covered.append(np.mean([estimate.low - 1e-9 <= u <= estimate.high + 1e-9 for estimate in estimates]))
            widths.append(np.mean([estimate.high - estimate.low for estimate in estimates]))
            errors.append(np.mean([abs(estimate.blur_width - u) for estimate in estimates]))
        each = " ".join(f"{share:4.0%}" for share in covered)
        print(f"{temperature:6} {np.mean(covered):8.1%} {np.mean(widths):9.2f} {np.mean(errors):6.2f}   {each}")


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Lay out the rows in Markdown: a line for each case, a column for each true width."""
    lines = [
        "| | " + " | ".join(f"u={u:g}" for u in TRUE_WIDTHS) + " |",
        "|---" + "|---:" * len(TRUE_WIDTHS) + "|",
    ]
    formats = {"bias": "{:+.2f}", "mean_absolute_error": "{:.2f}", "covered": "{:.0%}", "interval": "{:.1f}"}
    formats |= dict.fromkeys(("psnr_told_truth", "psnr_told_estimate", "psnr_joint"), "{:.2f}")
    for scale, kind, _ in CASES:
        of_case = [row for row in rows if (row["scale"], row["kind"]) == (scale, kind)]
        for key, text in formats.items():
            cells = [text.format(row[key]) for row in of_case if key in row]
            if cells:
                lines.append(f"| x{scale}, {kind}: {key.replace('_', ' ')} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", type=pathlib.Path, default=pathlib.Path("data"), help="as in training [data]")
    parser.add_argument("--calibrate", action="store_true", help="choose the temperature on training images")
    parser.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    options = parser.parse_args()
    trained_on, held_out, _ = training_images(options.data_dir, max(scale for scale, _, _ in CASES))
    if options.calibrate:
        chosen = [(str(index), trained_on[index]) for index in range(0, len(trained_on), CALIBRATED_EVERY)]
        calibrate(halves([(name, image) for name, image in chosen if min(image.shape) >= 240]))
    else:
        parts = halves(held_out)
        progress = Progress(len(CASES) * len(TRUE_WIDTHS) * len(parts), unit="photograph")
        rows = [
            row(degraded(parts, scale, u, treat), kind, progress) for scale, kind, treat in CASES for u in TRUE_WIDTHS
        ]
        progress.clear()
        print(table(rows))
        write(options.json, rows, map(EXPERIMENT.name, ("dlnet_gradient", "joint")))
