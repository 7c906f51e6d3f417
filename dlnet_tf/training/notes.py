"""What a run writes down about itself beside its weights, as JSON values."""

from __future__ import annotations

import math
from typing import Any

from dlnet_tf.errors import UsageError
from dlnet_tf.training.plan import Plan

# seconds of wall clock, history of validations, the best of them, and once noted: settings by flag, and
# totals [[first step, steps of the schedule], ...], one pair for every schedule that the run went through.
Notes = dict[str, Any]


def blank_notes() -> Notes:
    """Return the notes of a run that has not begun."""
    return {"seconds": 0.0, "history": [], "best": {"step": 0, "psnr": -math.inf}}


def check_settings(notes: Notes, plan: Plan) -> None:
    """Refuse to go on with a run whose settings were others; what its notes do not tell is not checked.

    Raises:
        UsageError: names the flag, its value and the run's.
    """
    of_run = notes.get("settings", {})
    for flag, value in plan.settings.items():
        if flag in of_run and of_run[flag] != value:
            raise UsageError(f"--{flag}: found {value}, expected {of_run[flag]} as in the run of {plan.files.state}")


def note_plan(notes: Notes, plan: Plan, step: int) -> None:
    """Write down the settings, and that from `step` on the schedule has `plan.total_steps`; say so if it had others."""
    notes["settings"] = dict(plan.settings)
    totals = notes.setdefault("totals", [])
    if not totals or totals[-1][1] != plan.total_steps:
        if totals:
            print(f"step {step}: --train_steps was {totals[-1][1]} up to here, is {plan.total_steps} from here on")
        # A schedule under which no step was taken left no trace.
        notes["totals"] = [pair for pair in totals if pair[0] < step] + [[step, plan.total_steps]]
