"""How long, where and how a model is trained."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping

from dlnet_tf.training.run_files import RunFiles


@dataclasses.dataclass(frozen=True)
class Plan:
    """How long and how a model is trained.

    Attributes:
        files: where the run is kept.
        total_steps: steps of the whole run, the resumed part included.
        batch_size: examples a step over all replicas.
        average: decay of the moving average of the weights, which is validated and kept; 0 for the weights themselves.
        fine_tuned: whether the first weights are those of a trained network.
        checkpoint_seconds: seconds between two writings of the resumable state.
        log_dir: folder of TensorBoard's event files, or None.
        facts: lines of the model card by heading: data, schedule, command.
        settings: numbers and strings by the flag that sets them; a run is resumed with the same ones only.
    """

    files: RunFiles
    total_steps: int
    batch_size: int
    average: float = 0.0
    fine_tuned: bool = False
    checkpoint_seconds: float = 120.0
    log_dir: pathlib.Path | None = None
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    settings: Mapping[str, object] = dataclasses.field(default_factory=dict)
