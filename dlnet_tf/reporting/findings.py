"""What an evaluation found, and the files that it leaves."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from dlnet_tf.evaluation.exhibits import Exhibit
from dlnet_tf.files import check_file, new_folder
from dlnet_tf.options import EvalOptions
from dlnet_tf.reporting.report import Curves, CurveSection, write_html, write_json

RUNS = pathlib.Path("runs")
# A page with the pictures of a hundred images would be too large to open.
PICTURED = 8


@dataclasses.dataclass(frozen=True)
class Findings:
    """What an evaluation found.

    Attributes:
        title: one line.
        summary: one or two sentences.
        config: settings; --checkpoint is added.
        rows: report rows.
        exhibits: set name -> pictures.
        curves: fidelity against step.
        sections: further curves.
    """

    title: str
    summary: str
    config: Mapping[str, Any]
    rows: Sequence[dict[str, Any]]
    exhibits: Mapping[str, Sequence[Exhibit]]
    curves: Curves
    sections: Sequence[CurveSection] = ()


class ReportFiles:
    """The files of a report: in --output_dir, by default a new folder under runs/, and --report.

    Args:
        options: where they go.

    Raises:
        UsageError: one of them could not be written, or exists and there is no --overwrite.
    """

    def __init__(self, options: EvalOptions) -> None:
        self._report, self._folder, self._checkpoint = options.report, options.output_dir, options.checkpoint
        # Where the folder is a new one, its parent is checked by the name of one that is not there.
        place = self._folder or RUNS / "new"
        for target in [place / "report.html", place / "report.json"] + ([self._report] if self._report else []):
            check_file(target, options.overwrite)

    def write(self, name: str, found: Findings) -> None:
        """Write the files and say where they are; a new folder begins with `name`."""
        folder = self._folder or new_folder(RUNS, name)
        config = {**found.config, **({"checkpoint": self._checkpoint} if self._checkpoint else {})}
        for path in [folder / "report.json"] + ([self._report] if self._report else []):
            write_json(path, config, found.rows, found.sections)
        page = folder / "report.html"
        write_html(page, found.title, found.summary, config, found.rows, found.exhibits, found.curves, found.sections)
        print(f"\npictures: {page}")
