"""What a run writes down about itself beside its weights."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from dlnet_tf.errors import UsageError
from dlnet_tf.training.plan import Plan
from dlnet_tf.validation import Validation


@dataclasses.dataclass
class Notes:
    """What a run has found and how it was set up, as JSON values by the names that a state has them under.

    Attributes:
        seconds: of wall clock.
        history: step and PSNR by level of every validation.
        best: step and mean PSNR of the one whose model is kept.
        settings: by flag; none where an older state does not tell them.
        totals: [first step, steps of the schedule] of every schedule that the run went through.
        curriculum: its state, None without one.
    """

    seconds: float = 0.0
    history: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    best: dict[str, Any] = dataclasses.field(default_factory=lambda: {"step": 0, "psnr": -math.inf})
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    totals: list[list[int]] = dataclasses.field(default_factory=list)
    curriculum: Any = None

    def add(self, step: int, found: Validation) -> bool:
        """Note a validation; return whether it is the best one so far."""
        self.history.append({"step": step, "psnr": dict(found.psnr)})
        better = found.mean > self.best["psnr"]
        if better:
            self.best = {"step": step, "psnr": found.mean}
        return better

    def check(self, plan: Plan) -> None:
        """Refuse to go on with a run whose settings were others; what its notes do not tell is not checked.

        Raises:
            UsageError: names the flag, its value and the run's.
        """
        for flag, value in plan.settings.items():
            if flag in self.settings and self.settings[flag] != value:
                raise UsageError(
                    f"--{flag}: found {value}, expected {self.settings[flag]} as in the run of {plan.files.state}"
                )

    def take(self, plan: Plan, step: int) -> None:
        """Note the settings, and that from `step` on the schedule has `plan.total_steps`; say so if it had others."""
        self.settings = dict(plan.settings)
        if not self.totals or self.totals[-1][1] != plan.total_steps:
            if self.totals:
                before = self.totals[-1][1]
                print(f"step {step}: --train_steps was {before} up to here, is {plan.total_steps} from here on")
            # A schedule under which no step was taken left no trace.
            self.totals = [pair for pair in self.totals if pair[0] < step] + [[step, plan.total_steps]]
