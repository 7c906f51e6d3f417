"""How long, where and how a model is trained."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

from dlnet_tf.errors import UsageError
from dlnet_tf.files import check_target


@dataclasses.dataclass(frozen=True)
class Plan:
    """How long and how a model is trained.

    Attributes:
        name: name of the model; `<name>.keras` is the best one so far.
        directory: where the run is kept.
        total_steps: steps of the whole run, the resumed part included.
        global_batch: examples a step over all replicas.
        average: decay of the moving average of the weights, which is validated and kept; 0 for the weights themselves.
        fine_tuned: whether the first weights are those of a trained network.
        checkpoint_seconds: seconds between two writings of the resumable state.
        log_dir: folder of TensorBoard's event files, or None.
        facts: lines of the model card by heading: data, schedule, command.
        settings: numbers and strings by the flag that sets them; a run is resumed with the same ones only.
    """

    name: str
    directory: pathlib.Path
    total_steps: int
    global_batch: int
    average: float = 0.0
    fine_tuned: bool = False
    checkpoint_seconds: float = 120.0
    log_dir: pathlib.Path | None = None
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def state_path(self) -> pathlib.Path:
        """File of the resumable state."""
        return self.directory / "state.npz"

    @property
    def best_path(self) -> pathlib.Path:
        """File of the best model so far."""
        return self.directory / f"{self.name}.keras"

    @property
    def card_path(self) -> pathlib.Path:
        """File of the model card, beside the best model."""
        return self.best_path.with_suffix(".md")


def check_targets(directory: pathlib.Path, name: str, log_dir: pathlib.Path, resume: bool) -> None:
    """Refuse to train over a run, or over a model of which no run is left that could be resumed.

    Args:
        directory: where the run is kept.
        name: name of the model.
        log_dir: folder of TensorBoard's files.
        resume: whether a run that is there goes on.

    Raises:
        UsageError: names what is in the way.
    """
    state = directory / "state.npz"
    if state.exists() and not resume:
        raise UsageError(f"{directory}: holds a run already; give --resume to continue it, or another --output_dir")
    for path in (directory / f"{name}.keras", directory / f"{name}.md"):
        if path.exists() and not state.exists():
            raise UsageError(f"{path}: found a model without the state of its run, expected another --output_dir")
    for path in (state, log_dir / "events"):
        check_target(path, overwrite=True)
