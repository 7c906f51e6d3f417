"""What a card says of a model of the zoo beside what its training knew: the licence, and how its start was trained."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dlnet_tf import networks

LICENCE = "- **Licence:** Apache-2.0, as this project; T91 and BSDS500 are published for research use\n"
OF_CLIPS = (
    "- **Licence:** Apache-2.0, as this project; some of the clips, DAVIS and others, state no licence of their own\n"
)


def with_licence(card: str, recipe: Mapping[str, Any]) -> str:
    """Add the last line to the card of a super-resolution network."""
    return card + (OF_CLIPS if recipe.get("backbone") in networks.of_task("video") else LICENCE)


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
