"""Comparing inpainting and interpolation models at several levels: tables, a report, the paper beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import keras
import numpy as np

from dlnet_tf.data.edges import canny_edges
from dlnet_tf.errors import UsageError
from dlnet_tf.evaluation import corruptions
from dlnet_tf.evaluation import inpainting_protocol as protocol
from dlnet_tf.evaluation.inpainting_protocol import Scores
from dlnet_tf.evaluation.parameters import count_parameters
from dlnet_tf.evaluation.rows import Row
from dlnet_tf.evaluation.untrained import UNTRAINED
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.experiments.inpainting.options import InpaintingComparison
from dlnet_tf.experiments.inpainting.steps import masked, measure_steps
from dlnet_tf.experiments.inpainting.test_sets import TestSet, check_flags, masks, test_sets
from dlnet_tf.experiments.loading import load_compared
from dlnet_tf.files import check_file
from dlnet_tf.keras_models.description import description
from dlnet_tf.likelihood import DLNet
from dlnet_tf.method_labels import method_label
from dlnet_tf.methods import dlnets
from dlnet_tf.objectives.boundary import BAND
from dlnet_tf.progress import Progress
from dlnet_tf.reporting.exhibits import Exhibit
from dlnet_tf.reporting.findings import PICTURED, Curves, CurveSection, Findings
from dlnet_tf.reporting.mask_pictures import side_by_side
from dlnet_tf.reporting.report_files import ReportFiles
from dlnet_tf.reporting.tables import format_tables
from dlnet_tf.restoration import Restorer
from dlnet_tf.restoration.recorder import Recorder
from dlnet_tf.tasks import TASKS

BATCH = 100
# A page shows the methods that are compared throughout, where there are more.
SHOWN = ("joint", *dlnets())


def _from_truth(experiment: Inpainting) -> protocol.FromTruth | None:
    """Return what a network is told of the clean images, if it is told anything."""
    return (lambda clean: {"edges": canny_edges(clean)}) if experiment.takes_edges else None


@dataclasses.dataclass(frozen=True)
class _LevelScores:
    """What methods made of one level, by their names: scores of both kinds of output, fidelities at every step."""

    plain: dict[str, Scores]
    composite: dict[str, Scores]
    fidelity: dict[str, list[float]]


def _network(experiment: Inpainting, method: str, options: InpaintingComparison) -> Row:
    """Return the architecture of a row, and what sets an experiment apart that its checkpoint does not tell."""
    if method in UNTRAINED:
        return {"arch": None}
    details: Row = {"arch": experiment.kind}
    if method == "naive_likelihood" and options.likelihood_weight is not None:
        details["weight"] = options.likelihood_weight
    if options.boundary:
        details["boundary_band"] = BAND
    if options.adversarial_weight is not None:
        details["adversarial_weight"] = options.adversarial_weight
    return details


def _measured(
    test_set: TestSet,
    drawn: np.ndarray,
    untrained: Mapping[str, protocol.Fill],
    restorers: Mapping[str, Restorer],
    progress: Progress,
) -> _LevelScores:
    """Fill the corruptions of one level by what needs no training and by all models."""
    measured, images, from_truth = _LevelScores({}, {}, {}), test_set.images, _from_truth(test_set.experiment)
    for name, fill in untrained.items():
        _, measured.composite[name] = protocol.evaluate(fill, images, drawn, BATCH, PICTURED, progress=progress.advance)
    for name, restorer in restorers.items():
        recorder = Recorder(restorer)
        measured.plain[name], measured.composite[name] = protocol.evaluate(
            masked(recorder), images, drawn, BATCH, PICTURED, from_truth, progress.advance
        )
        if recorder.fidelities:
            measured.fidelity[method_label(name)] = recorder.mean()
    return measured


def _rows(test_set: TestSet, level: str, measured: _LevelScores, options: InpaintingComparison) -> list[Row]:
    """Return the rows of one level, of the kinds of output that are asked for."""
    experiment = test_set.experiment
    return [
        protocol.report_row(
            scores,
            experiment.task,
            test_set.name,
            name,
            level=level,
            composite=kind,
            **_network(experiment, name, options),
        )
        for kind, of_kind in ((False, measured.plain), (True, measured.composite))
        if options.composite in (None, kind)
        for name, scores in of_kind.items()
    ]


def _compare(
    test_set: TestSet,
    by_level: Mapping[str, np.ndarray],
    loaded: Mapping[str, keras.Model],
    options: InpaintingComparison,
    found: Findings,
) -> None:
    """Measure all models, and what needs no training, on one test set."""
    images = test_set.images
    restorers = {name: Restorer(model) for name, model in loaded.items()}
    # They keep what is known, so that they are composites.
    untrained = {} if options.composite is False else UNTRAINED
    batches = sum(-(-len(drawn) // BATCH) for drawn in by_level.values())
    progress = Progress(batches * (len(untrained) + len(restorers)), unit="batch")
    shown = [name for name in restorers if name in SHOWN] or list(restorers)[-len(SHOWN) :]
    exhibits = [Exhibit(f"{test_set.name} {index}", {}) for index in range(min(PICTURED, len(images)))]
    for level, drawn in by_level.items():
        measured = _measured(test_set, drawn, untrained, restorers, progress)
        found.rows += _rows(test_set, level, measured, options)
        if measured.fidelity:
            found.curves[f"{test_set.name}, {level}"] = measured.fidelity
        own = {name: measured.composite[name] for name in untrained} | {name: measured.plain[name] for name in shown}
        composite = {name: measured.composite[name] for name in shown[-1:]}
        repeats = len(drawn) // len(images)
        for index, exhibit in enumerate(exhibits):
            exhibit.levels[level] = side_by_side(images[index], drawn[index * repeats], own, composite, index)
    progress.clear()
    found.exhibits[test_set.name] = exhibits


def _by_steps(test_set: TestSet, by_level: Mapping[str, np.ndarray], loaded: Mapping[str, keras.Model]) -> Curves:
    """Measure the DL-Nets at several K, on one corruption an image."""
    images = test_set.images
    one_each = {level: drawn[:: len(drawn) // len(images)] for level, drawn in by_level.items()}
    curves = measure_steps(images, loaded, one_each, BATCH, _from_truth(test_set.experiment))
    return {f"{test_set.name}, {level}": lines for level, lines in curves.items()}


def evaluate(experiment: Inpainting, options: InpaintingComparison) -> None:
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
    tested = test_sets(experiment, options)
    for name in options.corruption_flags:
        if len(tested) > 1:
            names = ", ".join(test_set.name for test_set in tested)
            raise UsageError(f"--{name}: found several sets ({names}), expected one, named by --test_sets")
    found = _findings(experiment, options)
    by_steps: dict[str, Mapping[str, Sequence[float]]] = {}
    for test_set in tested:
        loaded = load_compared(test_set.experiment, options)
        _check_models(loaded, options)
        test_set = dataclasses.replace(test_set, images=test_set.images[: options.images])
        if options.save_corruptions:
            corruptions.save_corruptions(
                options.save_corruptions, experiment.task, len(test_set.images), options.corruptions, options.seed
            )
        by_level = masks(test_set.experiment, len(test_set.images), options)
        _compare(test_set, by_level, loaded, options, found)
        if options.curve:
            by_steps |= _by_steps(test_set, by_level, loaded)
        found.config["models"][test_set.name] = {name: description(model) for name, model in loaded.items()}
        found.config["parameters"] |= {name: count_parameters(model) for name, model in loaded.items()}
    if by_steps:
        text = "PSNR when the same model takes other numbers of steps, one corruption an image."
        found.sections.append(CurveSection("Quality against K", text, by_steps, "PSNR in dB", "K"))
    print(format_tables(found.rows))
    files.write(experiment.task, found)


def _check_models(loaded: Mapping[str, keras.Model], options: InpaintingComparison) -> None:
    """Refuse flags that ask for a model which is not compared."""
    if options.likelihood_weight is not None and "naive_likelihood" not in loaded:
        raise UsageError(f"--likelihood_weight: found {', '.join(loaded)}, expected naive_likelihood")
    if options.curve and not any(isinstance(model, DLNet) for model in loaded.values()):
        raise UsageError(f"--curve: found no DL-Net among {', '.join(loaded)}")


def _of_masks(options: InpaintingComparison) -> dict[str, object]:
    """Return what the report says of where the masks are from."""
    if options.load_corruptions:
        return {"corruptions": options.load_corruptions}
    return {"seed": options.seed, "corruptions": 1 if options.mask else options.corruptions}


def _findings(experiment: Inpainting, options: InpaintingComparison) -> Findings:
    """Begin what the report tells."""
    return Findings(
        f"{TASKS[experiment.task].label.capitalize()}: one network for every level of damage",
        "Pixels of 64 x 64 images are hidden. A DL-Net takes a few steps on its own representation, until its output "
        "reproduces the pixels that are left; a composite puts these back into the output.",
        {
            "task": experiment.task,
            "arch": experiment.kind,
            "models": {},
            "parameters": {},
            **_of_masks(options),
            "protocol": protocol.IN_WORDS,
        },
    )
