"""`--gallery`: a page with before/after sliders of what was restored."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

from dlnet_tf.files import check_file
from dlnet_tf.options import RestoreOptions
from dlnet_tf.reporting.gallery import write_gallery
from dlnet_tf.restoration.jobs import Job


class Gallery:
    """The page of a command: gallery.html in the folder --output, or beside the file --output under its name.

    Args:
        queue: what the command restores.
        options: where to; without --gallery there is no page.

    Raises:
        UsageError: the page could not be written, or exists and there is no --overwrite.
    """

    def __init__(self, queue: Sequence[Job], options: RestoreOptions) -> None:
        self._queue = queue
        target = options.output or pathlib.Path()
        is_file = queue[0].target == target
        self._page = (target.with_suffix(".html") if is_file else target / "gallery.html") if options.gallery else None
        if self._page:
            check_file(self._page, options.overwrite)

    def write(self, name: str, how: str) -> None:
        """Write the page once all images are restored, and say where it is.

        Args:
            name: name of the model.
            how: what was done, "enlarged 3 times" or the like.
        """
        if not self._page:
            return
        summary = (
            f"{how.capitalize()} by {name}. Drag a handle or move it with the arrow keys; a name leads to the file, "
            "if it lies where it was."
        )
        pairs = [(job.source, job.target) for job in self._queue]
        write_gallery(self._page, "Before and after", summary, pairs)
        print(f"{self._page}  (before and after)")
