"""How a model is trained, and what a validation found."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any, Protocol


@dataclasses.dataclass(frozen=True)
class Plan:
    """How long and how a model is trained.

    Attributes:
        name: of the model; `<name>.keras` is the best one so far.
        directory: where the run is kept.
        total_steps: steps of the whole run, the resumed part included.
        global_batch: examples a step over all replicas.
        clip_norm: largest global norm of the gradient.
        validate_every: steps between two validations.
        checkpoint_seconds: seconds between two writings of the resumable state.
        log_dir: folder of TensorBoard's event files, or None.
        facts: lines of the model card by heading: data, schedule, command.
        settings: numbers and strings by the flag that sets them; a run is resumed with the same ones only.
    """

    name: str
    directory: pathlib.Path
    total_steps: int
    global_batch: int
    clip_norm: float
    validate_every: int = 500
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


@dataclasses.dataclass(frozen=True)
class Validation:
    """What a validation found.

    Attributes:
        psnr: dB by level; the mean over levels decides which model is best.
        curves: further scalars for TensorBoard.
        pictures: panels for TensorBoard, float [H, W, C] in [0, 1].
    """

    psnr: Mapping[str, float]
    curves: Mapping[str, float] = dataclasses.field(default_factory=dict)
    pictures: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def mean(self) -> float:
        """Mean PSNR over the levels."""
        return sum(self.psnr.values()) / len(self.psnr)

    def __str__(self) -> str:
        """Format the PSNRs on one line."""
        return "  ".join(f"{level} {value:.2f} dB" for level, value in self.psnr.items())


class Curriculum(Protocol):
    """What a run is shown next, as a function of its validations; it may change after each of them.

    Attributes:
        state: all of it, a JSON value; kept with the run.
    """

    state: Any

    def update(self, found: Validation) -> None:
        """Take note of a validation."""

    def curves(self) -> dict[str, float]:
        """Return scalars for TensorBoard."""
