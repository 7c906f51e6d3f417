"""What report rows are called in tables and figures: methods, levels, experiments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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

Row = Mapping[str, Any]


def method_label(method: str) -> str:
    """Return the name of a method for people; an unknown one stays as it is."""
    return METHOD_LABELS.get(method, method)


def level_label(row: Row) -> str:
    """Return the degradation level of a row: its `level`, else its blur width."""
    return str(row["level"]) if "level" in row else f"u = {row['blur_width']:g}"


def experiment_label(row: Row) -> str:
    """Return what the rows of one table share: set, network, scale, kind of output, number of images."""
    parts = [str(row["set"])]
    if "scale" in row:
        parts.append(f"x{row['scale']}")
    if "backbone" in row or "arch" in row:
        network = str(row.get("backbone", row.get("arch")))
        # Abbreviations are written in capitals, words are not.
        parts.append(network if len(network) > 4 else network.upper())
    if row.get("composite"):
        parts.append("composite")
    parts.append("1 image" if row["images"] == 1 else f"{row['images']} images")
    return ", ".join(parts)
