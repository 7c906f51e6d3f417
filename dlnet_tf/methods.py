"""The methods by which networks are trained: name, label, rule. They are stated here and nowhere else.

What they are trained at is stated by the tasks, see `tasks`. Nothing is imported that takes time, because the command
line reads this file before it knows whether it needs more.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container


@dataclasses.dataclass(frozen=True)
class Method:
    """A way of training a network.

    Attributes:
        name: on the command line, in the names of checkpoints and in reports.
        label: in tables and on pages.
        heading: in the tables of the documentation; None for the label and what it is trained at.
        rule: which one moves z in a DL-Net, "adam" or "gradient"; None for a plain network.
        fine_tuned: whether training starts from the reference network.
        network_of: the method whose network it takes as it is; None where it is trained itself.
    """

    name: str
    label: str
    heading: str | None = None
    rule: str | None = None
    fine_tuned: bool = True
    network_of: str | None = None


# In the order of tables. If two DL-Nets ship, the later one is the better.
METHODS = {
    method.name: method
    for method in (
        Method("reference", "Reference", fine_tuned=False),
        Method("centered", "Centred", fine_tuned=False),
        Method("joint", "Joint"),
        Method("on_demand", "On-demand"),
        Method("multitask", "Multi-task"),
        Method("naive_likelihood", "Naive likelihood"),
        Method("zero_shot", "DL-Net (no training)", rule="gradient", network_of="reference"),
        Method("dlnet", "DL-Net", "DL-Net, the paper's Adam rule", rule="adam"),
        Method("dlnet_gradient", "DL-Net (gradient)", "DL-Net, learned step sizes", rule="gradient"),
    )
}

# What is trained if nothing else is asked for: the paper's.
DEFAULT_METHOD = "dlnet"


def with_dlnets(stated: Container[str]) -> list[str]:
    """Name the methods of a task in the order of tables: those that it states, and all that train DL-Nets."""
    return [name for name in METHODS if name in stated or name in dlnets()]


def dlnets(rule: str | None = None) -> list[str]:
    """Name the methods that train DL-Nets, of one rule or of any."""
    found = {name: method for name, method in METHODS.items() if method.rule and not method.network_of}
    return [name for name, method in found.items() if rule in (None, method.rule)]
