"""Comparing super-resolution models at several blur widths: a table, a report with pictures, the paper beside it."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence

import keras
import numpy as np

from dlnet_tf.data.test_sets import find_test_sets
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.evaluation.super_resolution_protocol import Score, SRPair
from dlnet_tf.experiments.loading import load_compared
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.options import SRComparison
from dlnet_tf.keras_models.description import description
from dlnet_tf.method_labels import method_label
from dlnet_tf.progress import Progress
from dlnet_tf.reporting.exhibits import Exhibit
from dlnet_tf.reporting.findings import PICTURED, Findings
from dlnet_tf.reporting.labels import blur_label
from dlnet_tf.reporting.pair_pictures import side_by_side
from dlnet_tf.reporting.report_files import ReportFiles
from dlnet_tf.reporting.tables import format_tables
from dlnet_tf.restoration import Restorer
from dlnet_tf.restoration.recorder import Recorder


def evaluate(experiment: SuperResolution, options: SRComparison) -> None:
    """Evaluate bicubic and the models of an experiment, print the table and write the report.

    Args:
        experiment: backbone and scale.
        options: what is compared, and where the report goes.

    Raises:
        UsageError: a flag or a file is wrong.
    """
    files = ReportFiles(options)
    sets = find_test_sets(options.data_dir, options.test_sets, options.data_dir_given)
    loaded = load_compared(experiment, options)
    restorers = {name: Restorer(model) for name, model in loaded.items()}
    noises = protocol.NOISES if options.noise_sigma is None else (options.noise_sigma,)
    levels = list(itertools.product(noises, protocol.BLUR_WIDTHS))
    progress = Progress(sum(map(len, sets.values())) * len(levels) * len(restorers), unit="image")
    found = _findings(experiment, loaded)
    for set_name, photographs in sets.items():
        found.exhibits[set_name] = [Exhibit(name, {}) for name, _ in photographs[:PICTURED]]
        for noise, u in levels:
            level = blur_label(u, noise)
            pairs = protocol.make_pairs(photographs, experiment.scale, u, noise)
            scores, curves = _measured(pairs, restorers, progress)
            for name, of_method in scores.items():
                network = experiment.backbone if name in restorers else None
                found.rows.append(protocol.report_row(of_method, pairs, set_name, name, network))
            if curves:
                found.curves[f"{set_name}, {level}"] = curves
            for index, exhibit in enumerate(found.exhibits[set_name]):
                of_image = {method_label(name): of_method[index] for name, of_method in scores.items()}
                exhibit.levels[level] = side_by_side(pairs[index], of_image)
    progress.clear()
    print(format_tables(found.rows))
    files.write(experiment.title, found)


def _measured(
    pairs: Sequence[SRPair], restorers: Mapping[str, Restorer], progress: Progress
) -> tuple[dict[str, list[Score]], dict[str, list[float]]]:
    """Restore the test cases of one level by every method: scores by its name, the fidelity of DL-Nets by label."""
    scores = {"bicubic": protocol.evaluate(protocol.bicubic(pairs[0].scale), pairs)}
    curves: dict[str, list[float]] = {}
    for name, restorer in restorers.items():
        recorder = Recorder(restorer)
        scores[name] = protocol.evaluate(functools.partial(_restore, recorder, progress), pairs)
        if recorder.fidelities:
            curves[method_label(name)] = recorder.mean()
    return scores, curves


def _restore(
    recorder: Recorder, progress: Progress, degraded: np.ndarray, blur_width: np.ndarray, noise_sigma: np.ndarray
) -> np.ndarray:
    restored = recorder(degraded, blur_width, noise_sigma if recorder.restorer.takes_noise else None)
    progress.advance()
    return restored


def _findings(experiment: SuperResolution, loaded: Mapping[str, keras.Model]) -> Findings:
    """Begin what the report tells."""
    return Findings(
        f"{experiment.backbone.upper()} x{experiment.scale}: one network for every blur width",
        "Photographs are blurred with Gaussians of several widths u (in pixels of the restored image) and downsampled. "
        "A DL-Net takes a few steps on its own representation, until its output reproduces the observation.",
        {
            "backbone": experiment.backbone,
            "scale": experiment.scale,
            "models": {name: description(model) for name, model in loaded.items()},
            "protocol": protocol.IN_WORDS,
        },
    )
