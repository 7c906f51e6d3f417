"""The tasks there are, as the folders of `experiments` state them.

Each folder has a `task.toml`: what a task is called, the levels of its DL-Nets, and what is different for its other
methods. `methods.with_dlnets` lists the methods of a task.

Nothing is imported that takes time, because the command line reads this file before it knows whether it needs more.
"""

from __future__ import annotations

import dataclasses
import pathlib
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any


@dataclasses.dataclass(frozen=True)
class Levels:
    """What a method is trained at, for one task (arXiv:1904.09105v4, Section IV).

    Attributes:
        low: smallest level: width u of the blur, side of the hole in pixels, or share of missing pixels.
        high: largest level.
        max_shift: largest shift of the hole off the centre in pixels, an axis at a time.
        noise: largest standard deviation of noise on the degraded image; white is 1; at 0 all are exact.
        words: what is said beside the method's label, where its levels are not those of all.
    """

    low: float
    high: float
    max_shift: int = 0
    noise: float = 0.0
    words: str = ""


@dataclasses.dataclass(frozen=True)
class Task:
    """What a network is for.

    Attributes:
        folder: folder of the experiments that states it.
        heading: over the models that ship for it.
        floor: that of the Adam rule where training begins.
        levels: what its DL-Nets are trained at.
        methods: the other methods that it has, and those that are trained at other levels, by name.
        label: in the titles of its tables; empty where they say enough without.
        terms: what the data of its shipped models ask; empty where the training of a model tells its card.
        damage: what is missing of its images, "holes" or "pixels"; empty where they are enlarged.
        step_size: gamma of the Adam rule where training begins; by default that of the paper for holes.
        subtasks: smallest and largest level of every part that training is validated at and `on_demand` shares out.
        bins: `first`, the smallest level, and `width` of the bins to which `multitask` gives a variance each.
    """

    folder: str
    heading: str
    floor: float
    levels: Levels
    methods: Mapping[str, Levels]
    label: str = ""
    terms: str = ""
    damage: str = ""
    step_size: float = 1e-3
    subtasks: Sequence[Sequence[float]] = ()
    bins: Mapping[str, float] = dataclasses.field(default_factory=dict)

    def levels_of(self, method: str) -> Levels:
        """Return what a method is trained at."""
        return self.methods.get(method, self.levels)


def _task(like: str = "", **stated: Any) -> Task:
    """Return a task as its folder states it, or as it states it beside what another task does."""
    return _whole_task(**(_STATED[like] if like else {}) | stated)


def _whole_task(
    folder: str, levels: Mapping[str, Any], methods: Mapping[str, Mapping[str, Any]], **others: Any
) -> Task:
    """Return a task from all that is stated of it: of a method only what is different from all levels."""
    own = {name: Levels(**{**levels, **stated}) for name, stated in methods.items()}
    return Task(folder=folder, levels=Levels(**levels), methods=own, **others)


_FOLDERS = pathlib.Path(__file__).with_name("experiments")
_STATED = {
    name: stated | {"folder": path.parent.name}
    for path in sorted(_FOLDERS.glob("*/task.toml"))
    for name, stated in tomllib.loads(path.read_text("utf-8")).items()
}
TASKS = {name: _task(**stated) for name, stated in _STATED.items()}


def of_folder(folder: str) -> list[str]:
    """Name the tasks that one of the folders states."""
    return [name for name, task in TASKS.items() if task.folder == folder]
