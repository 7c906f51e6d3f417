"""The files that an evaluation leaves."""

from __future__ import annotations

import dataclasses
import pathlib

from dlnet_tf.files import check_file, new_folder
from dlnet_tf.options import EvalOptions
from dlnet_tf.reporting.findings import Findings
from dlnet_tf.reporting.report import write_html, write_json

RUNS = pathlib.Path("runs")


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
        """Write the files, with --checkpoint among the settings, and say where; a new folder begins with `name`."""
        folder = self._folder or new_folder(RUNS, name)
        if self._checkpoint:
            found = dataclasses.replace(found, config={**found.config, "checkpoint": self._checkpoint})
        for path in [folder / "report.json"] + ([self._report] if self._report else []):
            write_json(path, found)
        page = folder / "report.html"
        write_html(page, found)
        print(f"\npictures: {page}")
