"""The methods by which networks are trained: name, label, rule, tasks, levels. They are stated here and nowhere else.

Nothing is imported that takes time, because the command line reads this file before it knows whether it needs more.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

TASKS = ("sisr", "inpaint", "interp")


@dataclasses.dataclass(frozen=True)
class Levels:
    """What a method is trained at, for one task (arXiv:1904.09105v4, Section IV).

    Attributes:
        low: smallest level: width u of the blur, side of the hole in pixels, or share of missing pixels.
        high: largest level.
        max_shift: of the hole off the centre in pixels, an axis at a time.
        noise: largest standard deviation of noise on the degraded image, of 1; at 0 all are exact.
        words: what is said beside the label, for methods whose levels are not those of all.
    """

    low: float
    high: float
    max_shift: int = 0
    noise: float = 0.0
    words: str = ""


_EVERY_WIDTH = {"sisr": Levels(0.0, 3.0)}
_WITH_NOISE = {"sisr": Levels(0.0, 3.0, noise=0.02)}
_EVERY_HOLE = {"inpaint": Levels(1, 30, max_shift=10), "interp": Levels(0.0, 0.75)}
_EVERY_LEVEL = _EVERY_WIDTH | _EVERY_HOLE


@dataclasses.dataclass(frozen=True)
class Method:
    """A way of training a network.

    Attributes:
        name: on the command line, in the names of checkpoints and in reports.
        label: in tables and on pages.
        levels: what it is trained at, by the tasks that it is meant for.
        rule: which one moves z in a DL-Net, "adam" or "gradient"; None for a plain network.
        fine_tuned: whether training starts from the reference network.
        network_of: the method whose network it takes as it is; None where it is trained itself.
    """

    name: str
    label: str
    levels: Mapping[str, Levels]
    rule: str | None = None
    fine_tuned: bool = True
    network_of: str | None = None


_TRAINED_AT_ONE = {
    "sisr": Levels(0.0, 0.0, words="trained without blur"),
    "inpaint": Levels(32, 32, words="trained on s=32 in the middle"),
    "interp": Levels(0.75, 0.75, words="trained on r=75%"),
}
_NOT_TRAINED = {"sisr": Levels(0.0, 0.0)}
_CENTRED = {"inpaint": Levels(20, 20, words="trained on s=20 in the middle")}
_JOINT = {
    task: dataclasses.replace(_EVERY_LEVEL[task], words=f"trained on all {what}")
    for task, what in (("sisr", "widths"), ("inpaint", "sizes"), ("interp", "rates"))
}

# In the order in which tables show them.
METHODS = {
    method.name: method
    for method in (
        Method("reference", "Reference", _TRAINED_AT_ONE, fine_tuned=False),
        Method("centered", "Centred", _CENTRED, fine_tuned=False),
        Method("joint", "Joint", _JOINT),
        Method("on_demand", "On-demand", _EVERY_HOLE),
        Method("multitask", "Multi-task", _EVERY_HOLE),
        Method("naive_likelihood", "Naive likelihood", _EVERY_HOLE),
        Method("zero_shot", "DL-Net (no training)", _NOT_TRAINED, rule="gradient", network_of="reference"),
        Method("dlnet", "DL-Net", _EVERY_LEVEL, rule="adam"),
        Method("dlnet_gradient", "DL-Net (gradient)", _WITH_NOISE | _EVERY_HOLE, rule="gradient"),
    )
}


def of_task(task: str) -> list[str]:
    """Name the methods that are meant for a task, "sisr", "inpaint" or "interp"."""
    return [name for name, method in METHODS.items() if task in method.levels]


def dlnets(rule: str | None = None) -> list[str]:
    """Name the methods that train DL-Nets, of one rule or of any."""
    found = {name: method for name, method in METHODS.items() if method.rule and not method.network_of}
    return [name for name, method in found.items() if rule in (None, method.rule)]
