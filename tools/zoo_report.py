"""How far each model of the recipes is, and the hours that are left."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from tools.recipes import Zoo

# The more of these two runs share, the more alike is their time for a step of as many images.
ALIKE = ("method", "backbone", "scale", "arch", "num_steps", "adversarial_weight")
BATCH = 100


def report(zoo: Zoo) -> str:
    """Tell how far each model is, and the hours that are left; of those that have not begun they are a guess."""
    lines, hours = [], 0.0
    needed = set(zoo.with_starts([]))
    runs = {name: _progress(zoo, name) for name in zoo.recipes}
    for name, recipe in zoo.recipes.items():
        if zoo.is_final(name):
            lines.append(f"{name:<44}final")
            continue
        if zoo.is_elsewhere(name) and name not in needed:
            lines.append(f"{name:<44}final, its file is not here")
            continue
        step, pace = runs[name][0], _pace(zoo, name, {other: seconds for other, (_, seconds) in runs.items()})
        left = (recipe["train_steps"] - step) * (pace or 0.0) / 3600
        begun, about = (f"step {step:,} of {recipe['train_steps']:,}", "") if step else ("not begun", "about ")
        lines.append(f"{name:<44}{begun}" + (f", {about}{left:.1f} h left" if pace else ""))
        hours += left
    return "\n".join([*lines, *([f"about {hours:.1f} h left"] if hours else [])])


def _progress(zoo: Zoo, name: str) -> tuple[int, float | None]:
    """Return the steps that a run has taken and the seconds a step, None where it has not begun."""
    state = zoo.files(name).state
    state = state if state.is_file() else zoo.kept(name)
    if not state.is_file():
        return 0, None
    with np.load(state, allow_pickle=False) as stored:
        step, notes = int(stored["optimizer/0000"]), json.loads(stored["notes"].tobytes())
    return step, notes["seconds"] / step if step else None


def _pace(zoo: Zoo, name: str, measured: Mapping[str, float | None]) -> float | None:
    """Return the seconds a step of a model, as of those that are measured its own run or the one most like it."""
    wanted, paces = zoo.recipes[name], dict[int, float]()
    for other, seconds in measured.items():
        recipe = zoo.recipes[other]
        if seconds and zoo.task(other) == zoo.task(name):
            alike = sum(recipe.get(key) == wanted.get(key) for key in ALIKE) + 10 * (other == name)
            paces[alike] = seconds * wanted.get("batch_size", BATCH) / recipe.get("batch_size", BATCH)
    return paces[max(paces)] if paces else None
