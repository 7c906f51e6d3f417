"""Comparing video models at several blur widths: tables a sequence, strips of frames, a row over time, curves."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping

import keras
import numpy as np

from dlnet_tf.data.clip_sets import find_clip_sets
from dlnet_tf.data.test_sets import SAMPLES
from dlnet_tf.evaluation import super_resolution_protocol as of_photographs
from dlnet_tf.evaluation import video_protocol as protocol
from dlnet_tf.evaluation.rows import Row
from dlnet_tf.evaluation.video_protocol import ClipCase, ClipScore, RestoreFrame
from dlnet_tf.experiments.loading import load_compared
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.options import SRComparison
from dlnet_tf.keras_models.description import description
from dlnet_tf.method_labels import method_label
from dlnet_tf.progress import Progress
from dlnet_tf.reporting.clip_pictures import exhibits_of
from dlnet_tf.reporting.findings import CurveSection, Findings
from dlnet_tf.reporting.grouping import Line
from dlnet_tf.reporting.labels import blur_label
from dlnet_tf.reporting.report_files import ReportFiles
from dlnet_tf.reporting.tables import format_tables
from dlnet_tf.restoration import Restorer

# Beside a video network: itself with the middle frame three times, which shows what motion gives, and a network of
# photographs, frame by frame.
STILL, OF_PHOTOGRAPHS = "still", "idn"


def _restore(model: keras.Model, still: bool = False) -> RestoreFrame:
    restorer = Restorer(model)

    def restore(
        degraded: np.ndarray, blur_width: np.ndarray, noise_sigma: np.ndarray, *, neighbours: np.ndarray
    ) -> np.ndarray:
        seen = np.repeat(degraded, 2, axis=-1) if still else neighbours
        return restorer(degraded, blur_width, noise_sigma, neighbours=seen)

    return restore


def _frame_by_frame(model: keras.Model) -> RestoreFrame:
    restorer = Restorer(model)
    return lambda degraded, blur_width, noise_sigma, *, neighbours: restorer(degraded, blur_width, noise_sigma)


def _bicubic(scale: int) -> RestoreFrame:
    bicubic = of_photographs.bicubic(scale)
    return lambda degraded, blur_width, noise_sigma, *, neighbours: bicubic(degraded, blur_width, noise_sigma)


def _lines(experiment: SuperResolution, loaded: Mapping[str, keras.Model]) -> dict[Line, RestoreFrame]:
    """Return all that is compared."""
    name = experiment.backbone
    lines: dict[Line, RestoreFrame] = {("bicubic", None): _bicubic(experiment.scale)}
    lines |= {(method, name): _restore(model) for method, model in loaded.items()}
    lines |= {(method, f"{name} {STILL}"): _restore(model, still=True) for method, model in loaded.items()}
    photographs = SuperResolution(OF_PHOTOGRAPHS, experiment.scale)
    for method in photographs.shipped():
        if method in loaded:
            lines[method, OF_PHOTOGRAPHS] = _frame_by_frame(photographs.load_shipped(method))
    return lines


def evaluate(experiment: SuperResolution, options: SRComparison) -> None:
    """Evaluate bicubic and the models of an experiment, print the tables and write the report.

    Args:
        experiment: backbone and scale.
        options: what is compared, and where the report goes.

    Raises:
        UsageError: a flag or a file is wrong.
    """
    files = ReportFiles(options)
    sets = find_clip_sets(options.data_dir, options.test_sets, options.data_dir_given)
    loaded = load_compared(experiment, options)
    lines = _lines(experiment, loaded)
    noises = of_photographs.NOISES if options.noise_sigma is None else (options.noise_sigma,)
    # What motion gives is asked once; with a second noise only what sees neighbours is measured again.
    shown = {line: restore for line, restore in lines.items() if line[1] in (None, experiment.backbone)}
    compared = [(noise, lines if noise == noises[0] else shown) for noise in noises]
    levels = list(itertools.product(compared, of_photographs.BLUR_WIDTHS))
    progress = Progress(sum(map(len, sets.values())) * sum(len(of_noise) for (_, of_noise), _ in levels), unit="clip")
    found = _findings(experiment, loaded, SAMPLES in sets)
    curves: dict[str, dict[str, list[float]]] = {}
    for set_name, clips in sets.items():
        of_clips: list[dict[str, tuple[ClipCase, dict[str, ClipScore]]]] = [{} for _ in clips]
        for (noise, of_noise), u in levels:
            cases = protocol.make_cases(clips, experiment.scale, u, noise)
            scores = {line: [_scored(restore, case, progress) for case in cases] for line, restore in of_noise.items()}
            for (method, network), of_line in scores.items():
                found.rows += protocol.report_rows(of_line, cases, set_name, method, network)
            for index, of_clip in enumerate(of_clips):
                made = {method_label(line[0]): scores[line][index] for line in shown}
                of_clip[blur_label(u, noise)] = cases[index], made
        found.exhibits[set_name] = []
        for clip, of_clip in zip(clips, of_clips, strict=True):
            found.exhibits[set_name] += exhibits_of(clip.name, of_clip)
            for level, (_, made) in of_clip.items():
                curves[f"{clip.name}, {level}"] = {
                    label: [frame.psnr for frame in score.frames] for label, score in made.items()
                }
    progress.clear()
    title, text = "PSNR of every frame", "How even the quality is over time."
    found.sections.append(CurveSection(title, text, curves, "PSNR in dB", "frame"))
    found.rows.sort(key=_order(sets))
    print(format_tables(found.rows))
    files.write(experiment.title, found)


def _scored(restore: RestoreFrame, case: ClipCase, progress: Progress) -> ClipScore:
    score = protocol.evaluate(restore, case)
    progress.advance(case.name)
    return score


def _order(sets: Iterable[str]) -> Callable[[Row], tuple[int, bool]]:
    """Put the rows of a set's mean after those of its clips, and else leave them."""
    names = list(sets)
    return lambda row: (names.index(row["set"].partition("/")[0]), "/" not in row["set"])


def _findings(experiment: SuperResolution, loaded: Mapping[str, keras.Model], on_samples: bool) -> Findings:
    """Begin what the report tells."""
    made = " The clips are windows that move over the sample photographs, no films." if on_samples else ""
    return Findings(
        f"{experiment.backbone.upper()} x{experiment.scale}: one network for every blur width of a video",
        "The frames of clips are blurred alike with Gaussians of several widths u (in pixels of the restored frame) "
        f"and downsampled; the network sees a frame and the ones before and after it.{made}",
        {
            "backbone": experiment.backbone,
            "scale": experiment.scale,
            "models": {name: description(model) for name, model in loaded.items()},
            "protocol": f"{of_photographs.IN_WORDS}, all frames; at the ends of a clip the frame itself is its "
            "neighbour",
            "flicker": "root of the mean squared error of the differences between successive frames, grey levels",
            STILL: "the same network, the middle frame three times",
        },
    )
