"""What bfloat16 costs in PSNR: every model that ships, with g in float32 and in bfloat16; z, h and the loop in float32.

A third precision tells why the layers that read the observation stay in float32: with them in bfloat16, too.

python -m benchmarks.precision                    tables, on the photographs that come with scikit-image
python -m benchmarks.precision --json FILE.json   the numbers too
"""

from __future__ import annotations

import argparse
import itertools
import pathlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from benchmarks.recording import machine, write
from dlnet_tf import keras_models
from dlnet_tf.data.clip_sets import sample_clips
from dlnet_tf.data.sample_crops import load_crops, load_face
from dlnet_tf.data.samples import load_samples
from dlnet_tf.data.test_sets import SAMPLES
from dlnet_tf.evaluation import corruptions
from dlnet_tf.evaluation import inpainting_protocol as holes
from dlnet_tf.evaluation import super_resolution_protocol as blur
from dlnet_tf.evaluation import video_protocol as video
from dlnet_tf.experiments.experiment import Experiment
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.likelihood.plain_network import described
from dlnet_tf.methods import METHODS
from dlnet_tf.restoration import Restorer
from dlnet_tf.tasks import of_folder

EXPERIMENTS: list[SuperResolution | Inpainting] = [SuperResolution("idn", scale) for scale in (2, 3, 4)]
EXPERIMENTS += [SuperResolution("vdsr", 3), SuperResolution("drrn", 3)]
EXPERIMENTS += [SuperResolution("vespcn", scale) for scale in (2, 3, 4)]
EXPERIMENTS += [Inpainting(task, weights) for task in of_folder("inpainting") for weights in ("celeba", "scenes")]
# Test set, level, psnr in dB by kind of output, [3, N].
Found = tuple[str, str, dict[str, np.ndarray]]
# Masks for each image.
MASKS = 10


def measure(experiment: SuperResolution | Inpainting) -> list[dict[str, Any]]:
    """Score the models of an experiment that ship in both precisions.

    Args:
        experiment: which models.

    Returns:
        A row for each set, model and level: psnr in dB with g in float32, `lost` the part of it that bfloat16 costs,
        `worst` what it costs the image that it costs most, `lost_reading` what it costs where the layers that read the
        observation are in bfloat16 too, and for holes and pixels `lost_composite`.
    """
    rows: list[dict[str, Any]] = []
    for method in trained(experiment):
        restorers = _restorers(experiment.load_shipped(method))
        if isinstance(experiment, SuperResolution):
            found = _super_resolution(experiment, restorers)
        else:
            found = _inpainting(experiment, restorers)
        for test_set, level, psnr in found:
            rows.append({"model": experiment.name(method), "set": test_set, "level": level} | compared(psnr["own"]))
            if "composite" in psnr:
                rows[-1]["lost_composite"] = compared(psnr["composite"])["lost"]
    return rows


def compared(psnr: np.ndarray) -> dict[str, Any]:
    """Compare psnr in dB of N images, [3, N]: in float32, in bfloat16, in bfloat16 with the layers that read y."""
    lost, reading = psnr[0] - psnr[1:]
    found = {"psnr": psnr[0].mean(), "lost": lost.mean(), "worst": lost.max(), "lost_reading": reading.mean()}
    return {name: float(value) for name, value in found.items()} | {"images": len(lost)}


def reading_in_half_precision(model: keras.Model) -> keras.Model:
    """Copy a model with all of g in bfloat16, the layers that read the inputs of its network too."""
    half = keras_models.with_precision(model, "mixed_bfloat16")
    network = keras_models.backbone_of(half)
    reading = keras_models.readers(network)
    layer = described(model).layer or "z"
    before = {part.name for part in keras.Model(network.inputs, network.get_layer(layer).output).layers}

    def clone(part: keras.layers.Layer) -> keras.layers.Layer:
        config = part.get_config()
        if part.name in before & reading:
            config["dtype"] = "mixed_bfloat16"
        return type(part).from_config(config)

    return keras_models.rebuilt(half, clone)


def trained(experiment: Experiment) -> list[str]:
    """Name the methods that have a file of their own among those that ship."""
    return [method for method in experiment.shipped() if not METHODS[method].network_of]


def _restorers(model: keras.Model) -> list[Restorer]:
    copies = [keras_models.with_precision(model, precision) for precision in ("float32", "mixed_bfloat16")]
    return [Restorer(copy) for copy in (*copies, reading_in_half_precision(model))]


def _super_resolution(experiment: SuperResolution, restorers: list[Restorer]) -> Iterator[Found]:
    photographs, clips = load_samples(), sample_clips()
    for u in blur.BLUR_WIDTHS:
        if experiment.task == "video":
            cases = video.make_cases(clips, experiment.scale, u)
            found = [[video.evaluate(restorer, case).frames for case in cases] for restorer in restorers]
            scores = [list(itertools.chain.from_iterable(frames)) for frames in found]
        else:
            pairs = blur.make_pairs(photographs, experiment.scale, u)
            scores = [blur.evaluate(restorer, pairs) for restorer in restorers]
        yield SAMPLES, f"u={u:g}", {"own": np.array([[score.psnr for score in of_one] for of_one in scores])}


def _inpainting(experiment: Inpainting, restorers: list[Restorer]) -> Iterator[Found]:
    # As run_inpaint.py does without data.
    name, images = ("one face", load_face()) if experiment.weights == "celeba" else (SAMPLES, load_crops())
    for level in corruptions.LEVELS[experiment.task]:
        masks = corruptions.draw(experiment.task, level, len(images), MASKS, 0)
        scores = [
            holes.evaluate(lambda degraded, mask, restore=restorer: restore(degraded, mask=mask), images, masks)
            for restorer in restorers
        ]
        # The mean over the masks of an image, as `images` counts images.
        psnr = np.array([[kind.values["psnr"].mean(axis=1) for kind in kinds] for kinds in scores])
        yield name, level, {"own": psnr[:, 0], "composite": psnr[:, 1]}


def table(rows: list[dict[str, Any]]) -> str:
    """Lay rows of one kind of damage out in Markdown: for each level PSNR in float32, in parentheses what is lost."""
    levels = list(dict.fromkeys(row["level"] for row in rows))
    found = {(row["set"], row["model"], row["level"]): f"{row['psnr']:.2f} ({row['lost']:+.4f})" for row in rows}
    lines = [
        "| PSNR in dB (lost), set | model | " + " | ".join(levels) + " |",
        "|---|---" + "|---:" * len(levels) + "|",
    ]
    for name, model in dict.fromkeys(key[:2] for key in found):
        lines.append(f"| {name} | {model} | " + " | ".join(found[name, model, level] for level in levels) + " |")
    return "\n".join(lines)


def tables(rows: list[dict[str, Any]]) -> str:
    """Lay all rows out: a table for blur, one for holes and one for missing pixels."""
    kinds = dict.fromkeys(row["level"][0] for row in rows)
    return "\n\n".join(table([row for row in rows if row["level"][0] == kind]) for kind in kinds)


def summary(rows: list[dict[str, Any]]) -> str:
    """Say in a line what is lost on average and at most, over models, sets and levels."""
    lost = np.array([row["lost"] for row in rows])
    most = rows[lost.argmax()]
    composite = max(row.get("lost_composite", -np.inf) for row in rows)
    reading = max(row["lost_reading"] for row in rows)
    return (
        f"{len(rows)} cases: lost {lost.mean():+.4f} dB on average, at most {lost.max():+.4f} dB ({most['model']}, "
        f"{most['set']}, {most['level']}); {(lost > 0.01).sum()} above 0.01 dB, {(lost > 0.03).sum()} above 0.03 dB; "
        f"of composites at most {composite:+.4f} dB; with the layers in bfloat16 that read the observation at "
        f"most {reading:+.4f} dB"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    options = parser.parse_args()
    measured = [row for experiment in EXPERIMENTS for row in measure(experiment)]
    print(machine(), tables(measured), summary(measured), sep="\n\n")
    write(options.json, measured, {row["model"] for row in measured})
