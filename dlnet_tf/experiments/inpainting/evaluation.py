"""Comparing inpainting and interpolation models at several levels: tables, a report, the paper beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from dlnet_tf.data.edges import canny_edges
from dlnet_tf.errors import UsageError
from dlnet_tf.evaluation import corruptions
from dlnet_tf.evaluation import inpainting_protocol as protocol
from dlnet_tf.evaluation.exhibits import Exhibit
from dlnet_tf.evaluation.inpainting_protocol import Scores
from dlnet_tf.evaluation.parameters import count_parameters
from dlnet_tf.evaluation.untrained import UNTRAINED
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.experiments.inpainting.options import Comparison
from dlnet_tf.experiments.inpainting.steps import measure_steps
from dlnet_tf.experiments.inpainting.test_sets import TestSet, check_flags, masks, test_sets
from dlnet_tf.experiments.loading import load_compared
from dlnet_tf.files import check_file
from dlnet_tf.keras_models.description import description
from dlnet_tf.likelihood import DLNet
from dlnet_tf.method_labels import method_label
from dlnet_tf.methods import dlnets
from dlnet_tf.objectives.boundary import BAND
from dlnet_tf.progress import Progress
from dlnet_tf.reporting.findings import PICTURED, Findings, ReportFiles
from dlnet_tf.reporting.report import CurveSection
from dlnet_tf.reporting.tables import format_tables
from dlnet_tf.restoration import Restorer
from dlnet_tf.tasks import TASKS

BATCH = 100
# A page shows the methods that are compared throughout, where there are more.
SHOWN = ("joint", *dlnets())


def _from_truth(experiment: Inpainting) -> protocol.FromTruth | None:
    """Return what a network is told of the clean images, if it is told anything."""
    return (lambda clean: {"edges": canny_edges(clean)}) if experiment.takes_edges else None


def _recorded(restorer: Restorer, fidelities: list[np.ndarray]) -> Callable[..., np.ndarray]:
    def restore(degraded: np.ndarray, mask: np.ndarray, **more: np.ndarray) -> np.ndarray:
        restored, fidelity = restorer.with_fidelity(degraded, mask=mask, **more)
        if fidelity is not None:
            fidelities.append(fidelity)
        return restored

    return restore


@dataclasses.dataclass
class _Results:
    """What is gathered over test sets."""

    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    curves: dict[str, dict[str, list[float]]] = dataclasses.field(default_factory=dict)
    exhibits: dict[str, list[Exhibit]] = dataclasses.field(default_factory=dict)
    by_steps: dict[str, dict[str, list[float]]] = dataclasses.field(default_factory=dict)


def _network(experiment: Inpainting, method: str, options: Comparison) -> dict[str, Any]:
    """Return the architecture of a row, and what sets an experiment apart that its checkpoint does not tell."""
    details: dict[str, Any] = {"arch": experiment.kind}
    if method == "naive_likelihood" and options.likelihood_weight is not None:
        details["weight"] = options.likelihood_weight
    if options.boundary:
        details["boundary_band"] = BAND
    if options.adversarial_weight is not None:
        details["adversarial_weight"] = options.adversarial_weight
    return details


def _compare(test_set: TestSet, loaded: Mapping[str, keras.Model], options: Comparison, results: _Results) -> None:
    """Measure all models, and what needs no training, on one test set."""
    experiment, images = test_set.experiment, test_set.images
    restorers = {name: Restorer(model) for name, model in loaded.items()}
    by_level = masks(experiment, len(images), options)
    batches = sum(-(-len(drawn) // BATCH) for drawn in by_level.values())
    # They keep what is known, so that they are composites.
    untrained = {} if options.composite is False else UNTRAINED
    progress = Progress(batches * (len(untrained) + len(restorers)), unit="batch")
    shown = [name for name in restorers if name in SHOWN] or list(restorers)[-len(SHOWN) :]
    exhibits = [Exhibit(f"{test_set.name} {index}", {}) for index in range(min(PICTURED, len(images)))]
    first: dict[str, np.ndarray] = {}
    for level, drawn in by_level.items():
        plain: dict[str, Scores] = {}
        composite: dict[str, Scores] = {}
        lines: dict[str, list[float]] = {}
        for name, fill in untrained.items():
            _, composite[name] = protocol.evaluate(fill, images, drawn, BATCH, PICTURED, progress=progress.advance)
        for name, restorer in restorers.items():
            fidelities: list[np.ndarray] = []
            plain[name], composite[name] = protocol.evaluate(
                _recorded(restorer, fidelities),
                images,
                drawn,
                BATCH,
                PICTURED,
                _from_truth(experiment),
                progress.advance,
            )
            if fidelities:
                lines[method_label(name)] = np.concatenate(fidelities, axis=1).mean(axis=1).tolist()
        for kind, of_kind in ((False, plain), (True, composite)):
            if options.composite in (None, kind):
                for name, scores in of_kind.items():
                    network: dict[str, Any] = (
                        {"arch": None} if name in untrained else _network(experiment, name, options)
                    )
                    row = protocol.report_row(
                        scores, experiment.task, test_set.name, name, level=level, composite=kind, **network
                    )
                    results.rows.append(row)
        if lines:
            results.curves[f"{test_set.name}, {level}"] = lines
        repeats = len(drawn) // len(images)
        first[level] = drawn[::repeats]
        for index, exhibit in enumerate(exhibits):
            exhibit.levels[level] = protocol.pictures(
                images[index],
                drawn[index * repeats],
                {name: composite[name] for name in untrained} | {name: plain[name] for name in shown},
                {name: composite[name] for name in shown[-1:]},
                index,
            )
    progress.clear()
    results.exhibits[test_set.name] = exhibits
    if options.curve:
        further = _from_truth(experiment)
        for level, lines in measure_steps(images, loaded, first, BATCH, further).items():
            results.by_steps.setdefault(f"{test_set.name}, {level}", {}).update(lines)


def evaluate(experiment: Inpainting, options: Comparison) -> None:
    """Evaluate the models of an experiment, print the tables and write the report.

    Args:
        experiment: task and architecture.
        options: what is compared, and where the report goes.

    Raises:
        UsageError: a flag or a file is wrong.
    """
    check_flags(experiment, options)
    files = ReportFiles(options)
    if options.save_corruptions:
        check_file(options.save_corruptions, options.overwrite)
    results = _Results()
    descriptions: dict[str, dict[str, str]] = {}
    parameters: dict[str, dict[str, int]] = {}
    tested = test_sets(experiment, options)
    for name in options.corruption_flags:
        if len(tested) > 1:
            names = ", ".join(test_set.name for test_set in tested)
            raise UsageError(f"--{name}: found several sets ({names}), expected one, named by --test_sets")
    for test_set in tested:
        loaded = load_compared(test_set.experiment, options)
        if options.likelihood_weight is not None and "naive_likelihood" not in loaded:
            raise UsageError(f"--likelihood_weight: found {', '.join(loaded)}, expected naive_likelihood")
        if options.curve and not any(isinstance(model, DLNet) for model in loaded.values()):
            raise UsageError(f"--curve: found no DL-Net among {', '.join(loaded)}")
        images = test_set.images[: options.images]
        if options.save_corruptions:
            corruptions.save_corruptions(
                options.save_corruptions, experiment.task, len(images), options.corruptions, options.seed
            )
        _compare(dataclasses.replace(test_set, images=images), loaded, options, results)
        descriptions[test_set.name] = {name: description(model) for name, model in loaded.items()}
        parameters |= {name: count_parameters(model) for name, model in loaded.items()}
    print(format_tables(results.rows))
    files.write(experiment.task, _findings(experiment, options, results, descriptions, parameters))


def _of_masks(options: Comparison) -> dict[str, Any]:
    """Return what the report says of where the masks are from."""
    if options.load_corruptions:
        return {"corruptions": options.load_corruptions}
    return {"seed": options.seed, "corruptions": 1 if options.mask else options.corruptions}


def _findings(
    experiment: Inpainting,
    options: Comparison,
    results: _Results,
    described: Mapping[str, Mapping[str, str]],
    parameters: Mapping[str, Mapping[str, int]],
) -> Findings:
    """Put together what the report tells."""
    config = {
        "task": experiment.task,
        "arch": experiment.kind,
        "models": described,
        "parameters": parameters,
        **_of_masks(options),
        "protocol": "missing pixels black; PSNR and SSIM of the clipped 8-bit image; l1 and l2 on the [-1, 1] scale",
    }
    sections = []
    if results.by_steps:
        text = "PSNR when the same model takes other numbers of steps, one corruption an image."
        sections = [CurveSection("Quality against K", text, results.by_steps, "PSNR in dB", "K")]
    return Findings(
        f"{TASKS[experiment.task].label.capitalize()}: one network for every level of damage",
        "Pixels of 64 x 64 images are hidden. A DL-Net takes a few steps on its own representation, until its output "
        "reproduces the pixels that are left; a composite puts these back into the output.",
        config,
        results.rows,
        results.exhibits,
        results.curves,
        sections,
    )
