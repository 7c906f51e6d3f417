"""The methods by which networks are trained, and what they are called."""

from __future__ import annotations

METHOD_LABELS = {
    "bicubic": "Bicubic",
    "reference": "Reference",
    "centered": "Centred",
    "joint": "Joint",
    "on_demand": "On-demand",
    "multitask": "Multi-task",
    "naive_likelihood": "Naive likelihood",
    "dlnet": "DL-Net",
    "dlnet_gradient": "DL-Net (gradient)",
}


def method_label(method: str) -> str:
    """Return the name of a method for people; an unknown one stays as it is."""
    return METHOD_LABELS.get(method, method)
