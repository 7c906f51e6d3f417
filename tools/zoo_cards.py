"""What a card says of a model of the zoo beside what its training knew: of its licence, its file and its start."""

from __future__ import annotations

import re

from dlnet_tf.tasks import Task
from dlnet_tf.training.shipping import DIGITS, LARGE


def with_licence(card: str, task: Task) -> str:
    """Add the licence of a model for a task, and what its data ask if training did not say so."""
    return f"{card}- **Licence:** Apache-2.0, as this project; {task.terms or 'see Terms for what the data ask'}\n"


def with_rounding(card: str) -> str:
    """Add what `shrink` did to the file."""
    digits = f"rounded to {DIGITS} binary digits after the leading one"
    return f"{card}- **File:** arrays of {LARGE:,} values and more are {digits}\n"


def with_steps_of_start(card: str, of_start: str) -> str:
    """Add to a card how long its start was trained, of which no card ships, and what that started from.

    Args:
        card: that of the model.
        of_start: that of the model which it started from, as this function leaves it.
    """
    told = f"its own steps: {_fact('Steps', of_start)}; its own start: {_fact('Start', of_start)}"
    return re.sub(r"^(- \*\*Start:\*\* .*)$", lambda line: f"{line[1]} ({told})", card, flags=re.M)


def _fact(name: str, card: str) -> str:
    """Return what a card says under a name."""
    (found,) = re.findall(rf"^- \*\*{name}:\*\* (.*)$", card, flags=re.M)
    return found
