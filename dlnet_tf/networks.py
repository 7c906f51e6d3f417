"""The networks there are and the tasks that they are for, in the order of the command line, which reads this file.

Like `methods` it imports nothing that takes time. The file of a network and the function in it are called as it is.
"""

from __future__ import annotations

NETWORKS: dict[str, tuple[str, ...]] = {
    "vdsr": ("sisr",),
    "drrn": ("sisr",),
    "idn": ("sisr",),
    "vespcn": ("video",),
    "autoencoder": ("inpaint", "interp"),
    "sft": ("inpaint", "interp"),
    "edgeconnect": ("inpaint", "interp"),
}


# How tables write those whose names are words; the others are abbreviations.
WORDS = {"autoencoder": "autoencoder", "edgeconnect": "EdgeConnect"}


def label(network: str) -> str:
    """Return how tables write the name of a network."""
    return WORDS.get(network, network.upper())


def of_task(task: str) -> list[str]:
    """Name the networks that are for a task, "sisr", "video", "inpaint" or "interp"."""
    return [name for name, tasks in NETWORKS.items() if task in tasks]


def task_of(network: str) -> str:
    """Name the first of the tasks that a network is for; photographs are enlarged by one that is not of ours."""
    return NETWORKS.get(network, ("sisr",))[0]
