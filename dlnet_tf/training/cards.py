"""Model cards: what a trained model is, beside its checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlnet_tf.files import write_text
from dlnet_tf.progress import clock
from dlnet_tf.training.plan import Plan


def write_card(plan: Plan, notes: Mapping[str, Any]) -> None:
    """Write `<name>.md` beside the best model of a run.

    Args:
        plan: of the run.
        notes: of the run: seconds, best step, history of validations.

    Raises:
        UsageError: the file cannot be written.
    """
    best = next(entry for entry in notes["history"] if entry["step"] == notes["best"]["step"])
    psnr = ", ".join(f"{value:.2f} dB at {level}" for level, value in best["psnr"].items())
    facts = dict(plan.facts) | {
        "Steps": f"{notes['history'][-1]['step']} in {clock(notes['seconds'])} of wall clock",
        "Best": f"step {best['step']}: {psnr} on the held-out images",
    }
    lines = [f"# {plan.name}", "", *(f"- **{heading}:** {text}" for heading, text in facts.items())]
    write_text(plan.best_path.with_suffix(".md"), "\n".join(lines) + "\n")
