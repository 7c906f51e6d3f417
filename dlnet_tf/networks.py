"""The networks there are and the tasks that they are for, in the order of the command line, which reads this file.

Like `methods` it imports nothing that takes time. The file of a network and the function in it are called as it is.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Network:
    """What is known of a network without building it.

    Attributes:
        name: on the command line, in the names of checkpoints and in reports.
        tasks: what it is for, "sisr", "video", "inpaint" or "interp".
        label: how tables write it; empty for an abbreviation.
        edges: whether it is told the true edges, which are unknown in a hole of a photograph.
    """

    name: str
    tasks: tuple[str, ...]
    label: str = ""
    edges: bool = False


NETWORKS = {
    network.name: network
    for network in (
        Network("vdsr", ("sisr",)),
        Network("drrn", ("sisr",)),
        Network("idn", ("sisr",)),
        Network("vespcn", ("video",)),
        Network("autoencoder", ("inpaint", "interp"), label="autoencoder"),
        Network("sft", ("inpaint", "interp")),
        Network("edgeconnect", ("inpaint", "interp"), label="EdgeConnect", edges=True),
    )
}


def label(name: str) -> str:
    """Return how tables write the name of a network, which may be none of ours."""
    return NETWORKS.get(name, Network(name, ())).label or name.upper()


def of_task(task: str) -> list[str]:
    """Name the networks that are for a task."""
    return [name for name, network in NETWORKS.items() if task in network.tasks]


def task_of(name: str) -> str:
    """Name the first of the tasks that a network is for; photographs are enlarged by one that is not of ours."""
    return NETWORKS[name].tasks[0] if name in NETWORKS else "sisr"
