"""The files of a training run."""

from __future__ import annotations

import dataclasses
import pathlib

from dlnet_tf.errors import UsageError
from dlnet_tf.files import check_target


@dataclasses.dataclass(frozen=True)
class RunFiles:
    """Where a run keeps what it makes.

    Attributes:
        directory: the folder of the run.
        name: name of the model.
    """

    directory: pathlib.Path
    name: str

    @property
    def state(self) -> pathlib.Path:
        """The resumable state."""
        return self.directory / "state.npz"

    @property
    def best(self) -> pathlib.Path:
        """The best model so far."""
        return self.directory / f"{self.name}.keras"

    @property
    def card(self) -> pathlib.Path:
        """The model card, beside the best model."""
        return self.best.with_suffix(".md")

    @property
    def logs(self) -> pathlib.Path:
        """The folder of TensorBoard's event files, where no other is asked for."""
        return self.directory / "logs"

    def check(self, log_dir: pathlib.Path, resume: bool) -> None:
        """Refuse to train over a run, or over a model of which no run is left that could be resumed.

        Args:
            log_dir: folder of TensorBoard's files.
            resume: whether a run that is there goes on.

        Raises:
            UsageError: names what is in the way.
        """
        if self.state.exists() and not resume:
            raise UsageError(
                f"{self.directory}: holds a run already; give --resume to continue it, or another --output_dir"
            )
        for path in (self.best, self.card):
            if path.exists() and not self.state.exists():
                raise UsageError(f"{path}: found a model without the state of its run, expected another --output_dir")
        for path in (self.state, log_dir / "events"):
            check_target(path, overwrite=True)
