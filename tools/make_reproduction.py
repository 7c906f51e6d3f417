"""Write docs/reproduction.md: each table and figure of the paper, what we have of it, and how that was made.

python -m tools.make_reproduction
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable

import numpy as np

from benchmarks.beside_tables import NETWORKS
from dlnet_tf import networks
from dlnet_tf.evaluation.rows import Row
from dlnet_tf.method_labels import method_label
from dlnet_tf.reporting.labels import level_label, row_method
from dlnet_tf.reporting.paper import identity, paper_table, prose
from tools.stored_reports import RESULTS, TABLES, StoredReport

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reproduction.md"
# Flags that measure what is not measured yet, once its methods are trained.
PLANNED = {
    "X": [f"--task interp --arch {arch} --checkpoint runs/small" for arch in ("sft", "edgeconnect")],
    "XI": ["--task inpaint --checkpoint runs/boundary --boundary --composite"],
}
# What is not in a table: the paper's number, and the flags that train it.
ELSEWHERE = (
    ("Figure 3: an adversarial loss beside the reconstruction", "pictures", "--adversarial_weight 6"),
    ("Figure 5", "–", "–"),
)
# Those of training: what they compare, the flags that train it, and which images are counted.
CURVES = {
    "figure_1": (
        "Figure 1: the naive likelihood in training, at four lambda, and joint training",
        "--likelihood_weight 1e2",
        "after the 2 million of the joint network",
    ),
    "figure_4": (
        "Figure 4: the paper's rule in training, at K = 1 to 5",
        "--method dlnet --num_steps 1",
        "after the 50,000 of the reference",
    ),
}
HEAD = """# The paper's tables and figures, with our numbers

    python run_sisr.py --backbone idn --scale 3
    python run_inpaint.py --task inpaint
    python run_inpaint.py --task interp

**Numbers in parentheses are the paper's** ([arXiv:1904.09105v4](https://arxiv.org/abs/1904.09105)); **all others are
ours**, PSNR in dB. A dash means that we have not measured it yet. A line without parentheses is not in that table.
Our training, named above each table, is far shorter than the paper's: compare methods within a table rather than our
numbers with the paper's. The names of methods are in the [list of terms](README.md#terms). `python -m
tools.make_reproduction` makes this page from the files in `docs/results`.
"""


def _line(row: Row) -> str:
    label = method_label(row_method(row))
    network = row.get("backbone") or row.get("arch")
    if network in (None, "autoencoder"):
        return label
    return f"{label}, {networks.label(network)}"


def _column(row: Row) -> str:
    return (f"x{row['scale']} " if "scale" in row else "") + level_label(row)


def _of_table(name: str, sources: tuple[StoredReport, ...]) -> tuple[list[Row], list[Row]]:
    """Return the paper's rows of a table, and ours that belong beside them."""
    theirs = paper_table(name)
    shared = ("task", "composite", "boundary_band")
    kinds = {(row["set"].casefold(), *(row.get(key) or None for key in shared)) for row in theirs}
    # The table of one method is not that of all.
    methods = {row["method"] for row in theirs} if name == "I" else None
    levels = {_column(row) for row in theirs}
    ours = [
        row
        for source in sources
        for row in source.rows()
        if (row["set"].casefold(), *(row.get(key) or None for key in shared)) in kinds
        and (methods is None or row["method"] in methods)
        and _column(row) in levels
    ]
    return theirs, ours


def table(name: str) -> str:
    """Return one table of the paper as Markdown, under its heading."""
    title, sources = TABLES[name]
    theirs, ours = _of_table(name, sources)
    lines = dict.fromkeys(_line(row) for row in [*theirs, *ours])
    columns = dict.fromkeys(_column(row) for row in theirs)
    found = {identity(row): row["psnr"] for row in ours}
    paper = {(_line(row), _column(row)): row["psnr"] for row in theirs}
    # Where the paper has a row, ours is the one of the same experiment.
    cells = {(_line(row), _column(row)): found[identity(row)] for row in theirs if identity(row) in found}
    for row in ours:
        cells.setdefault((_line(row), _column(row)), row["psnr"])
    text = [f"## Table {name}: {title}", ""]
    for before, source in zip((None, *sources), sources, strict=False):
        told = before is not None and before.budget == source.budget
        budget = "" if told else source.budget[0].upper() + source.budget[1:] + ". "
        text += [f"{budget}This command makes `docs/results/{source.report}`:", ""]
        text += [f"    {source.command} --report docs/results/{source.report} --overwrite", ""]
    if not sources:
        flags = " and ".join(f"`{flags}`" for flags in PLANNED[name])
        text += [
            f"Not measured yet. Train [the networks for it](inpainting.md#measure), then evaluate with {flags}.",
            "",
        ]
    text += ["| | " + " | ".join(columns) + " |", "|---" + "|---:" * len(columns) + "|"]
    budgets = {
        _line(row): words
        for source in sources
        for row in source.rows()
        if (words := source.budgets.get(row_method(row)))
    }
    for line in lines:
        numbers = [_cell(cells.get((line, column)), paper.get((line, column))) for column in columns]
        budget = f" ({budgets[line]})" if line in budgets else ""
        text.append(f"| {line}{budget} | " + " | ".join(numbers) + " |")
    notes = dict.fromkeys((method_label(row["method"]), row["note"]) for row in theirs if "note" in row)
    text += [f"\n{label}: the paper's numbers were {note}." for label, note in notes]
    return "\n".join(text)


def _cell(ours: float | None, paper: float | None) -> str:
    number = "–" if ours is None else f"{ours:.2f}"
    return number if paper is None else f"{number} ({paper:.2f})"


def run_time() -> str:
    """Return Table VIII: the time of K steps as a multiple of that of one."""
    rows = json.loads((RESULTS / "likelihood.json").read_text("utf-8"))["rows"]
    text = [
        "## Table VIII: run-time",
        "",
        "Time to restore with K evaluations of h, divided by the time with K = 1; the autoencoder in float32",
        "([more](performance.md)). `python -m benchmarks.likelihood --rounds 5` makes `docs/results/likelihood.json`.",
        "The paper's numbers are in lines of their own, without parentheses.",
        "",
        "| rule | K = 1 | K = 2 | K = 3 | K = 4 | K = 5 |",
        "|---" + "|---:" * 5 + "|",
    ]
    label: dict[str, Callable[[Row], float]] = {
        "The paper, CPU": lambda row: row["paper, CPU"],
        "The paper, GPU": lambda row: row["paper, GPU"],
        "Adam": lambda row: row["times K=1"],
    }
    of_adam = [row for row in rows if row["g"] == "float32" and row["rule"] in ("none", "adam")]
    of_learned = [row for row in rows if row["g"] == "float32" and row["rule"] in ("none", "gradient")]
    for name, value in label.items():
        text.append(f"| {name} | " + " | ".join(f"{value(row):.2f}" for row in of_adam) + " |")
    text.append("| Learned step sizes | " + " | ".join(f"{row['times K=1']:.2f}" for row in of_learned) + " |")
    return "\n".join(text)


def coverage() -> str:
    """Return how many of the paper's numbers have ours beside them, a line a table."""
    text = ["## How much we have measured", ""]
    text += ["| table | numbers in the paper | of these, measured by us |", "|---|---:|---:|"]
    total = np.zeros(2, int)
    for name, (title, sources) in TABLES.items():
        theirs, ours = _of_table(name, sources)
        measured = {identity(row) for row in ours}
        counts = [len(theirs), sum(identity(row) in measured for row in theirs)]
        total += counts
        text.append(f"| {name}: {title} | {counts[0]} | {counts[1]} |")
    return "\n".join([*text, f"| all but VIII, run-time, which is complete | {total[0]} | {total[1]} |"])


def figures() -> str:
    """Return the figures of training of which the curves are kept."""
    text = []
    for figure in _kept_curves():
        title, _, counted = CURVES[figure]
        text += [f"## {title}", ""]
        text += [f"PSNR of 200 held-out faces, mean over five ranges of sizes, by the images seen {counted}.", ""]
        text += ["`python -m tools.make_curves` draws it from the runs of the recipes.", ""]
        text += [f"![PSNR of held-out faces by images seen, a line each](images/{figure}.svg)", ""]
    return "\n".join(text)


def _kept_curves() -> list[str]:
    """Name the figures of training that are kept."""
    kept = json.loads((RESULTS / "curves.json").read_text("utf-8"))
    return [figure for figure in CURVES if figure in kept]


def elsewhere() -> str:
    """Return the section on what the paper shows outside of its tables."""
    rows = json.loads((RESULTS / "beside_tables.json").read_text("utf-8"))["rows"]
    measured = {row["network"]: row["psnr"] for row in rows}
    text = [
        "## Elsewhere",
        "",
        "Networks of Tables II and III and of Section IV-B, each at the levels that it was trained at, one mask for",
        "each of 1,000 test images. Those of Section IV-B took 1,800 steps of 50 images from random weights. If the",
        "networks are in `runs`, this command makes the numbers:",
        "",
        "    python -m benchmarks.beside_tables --json docs/results/beside_tables.json",
        "",
        "| in the prose of the paper | PSNR in dB |",
        "|---|---:|",
    ]
    text += [
        f"| {network.words} | {_cell(measured.get(network.file), prose(network.paper) if network.paper else None)} |"
        for network in NETWORKS
    ]
    text += [
        "",
        "We have not measured these yet. [Inpainting](inpainting.md#measure) has the commands in full, and",
        "[Video](video.md) has the network of Section IV-D.",
        "",
        "| in the paper | its number, dB | trained with |",
        "|---|---:|---|",
    ]
    kept = _kept_curves()
    rows = [(what, "curves", flags) for figure, (what, flags, _) in CURVES.items() if figure not in kept] + list(
        ELSEWHERE
    )
    text += [f"| {what} | {number} | {flags if flags == '–' else f'`{flags}`'} |" for what, number, flags in rows]
    return "\n".join(text)


def page() -> str:
    """Return the page."""
    parts = [HEAD, coverage() + "\n"]
    for name in TABLES:
        if name == "IX":
            parts.append(run_time() + "\n")
        parts.append(table(name) + "\n")
    parts.append(figures())
    parts.append(elsewhere() + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE.relative_to(ROOT))
