"""Model cards: what a trained model is, beside its checkpoint."""

from __future__ import annotations

import itertools

from dlnet_tf.files import write_text
from dlnet_tf.progress import clock
from dlnet_tf.training.notes import Notes
from dlnet_tf.training.plan import Plan


def write_card(plan: Plan, notes: Notes) -> None:
    """Write `<name>.md` beside the best model of a run.

    Args:
        plan: what the run does.
        notes: what the run has found.

    Raises:
        UsageError: the file cannot be written.
    """
    taken = notes.history[-1]["step"]
    steps = [f"{taken} in {clock(notes.seconds)} of wall clock, {taken * plan.batch_size:,} examples"]
    steps += [
        f"steps {first + 1}-{last} under a schedule of {total}"
        for (first, total), (last, _) in itertools.pairwise(notes.totals)
        if total != notes.totals[-1][1]
    ]
    facts = dict(plan.facts) | {"Steps": "; ".join(steps)}
    best = notes.best["step"]
    for entry in notes.history:
        if entry["step"] == best:
            psnr = ", ".join(f"{value:.2f} dB at {level}" for level, value in entry["psnr"].items())
            facts["Best"] = f"step {best}: {psnr} on the held-out images"
    lines = [f"# {plan.files.name}", "", *(f"- **{heading}:** {text}" for heading, text in facts.items())]
    write_text(plan.files.card, "\n".join(lines) + "\n")
