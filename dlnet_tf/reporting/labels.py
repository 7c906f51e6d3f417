"""What report rows are called in tables and figures: methods, levels, experiments."""

from __future__ import annotations

from dlnet_tf import networks
from dlnet_tf.evaluation.rows import Row
from dlnet_tf.method_labels import method_label
from dlnet_tf.tasks import TASKS


def row_method(row: Row) -> str:
    """Return the method of a row; of one of several models (variants, weights lambda) a name that tells them apart."""
    if "weight" not in row:
        return str(row["method"]) + (f", {row['variant']}" if "variant" in row else "")
    digits, exponent = f"{row['weight']:e}".split("e")
    return f"{method_label(row['method'])} {float(digits):g}e{int(exponent)}"


def level_label(row: Row) -> str:
    """Return the degradation level of a row: its `level`, else its blur width."""
    return str(row["level"]) if "level" in row else f"u = {row['blur_width']:g}"


def noise_label(noise: float | str) -> str:
    """Return what noise is called: "8 bits", or its standard deviation."""
    return noise if isinstance(noise, str) else f"noise of {noise:g}"


def blur_label(blur_width: float, noise: float | str) -> str:
    """Return what one level of a test of several blur widths and noises is called."""
    return f"u = {blur_width:g}" + (f", {noise_label(noise)}" if noise else "")


def experiment_label(row: Row) -> str:
    """Return what the rows of one table share: set, task, scale, network, kind of output, number of images."""
    parts = [str(row["set"])]
    if row.get("task") in TASKS and TASKS[row["task"]].label:
        parts.append(TASKS[row["task"]].label)
    if "scale" in row:
        parts.append(f"x{row['scale']}")
    if "backbone" in row or "arch" in row:
        parts.append(networks.label(str(row.get("backbone", row.get("arch")))))
    if row.get("noise_sigma"):
        parts.append(noise_label(row["noise_sigma"]))
    if row.get("boundary_band"):
        parts.append(f"boundary band of {row['boundary_band']} px")
    if row.get("composite"):
        parts.append("composite")
    images = "1 image" if row["images"] == 1 else f"{row['images']} images"
    parts.append(f"{images} x {row['corruptions']} corruptions" if row.get("corruptions", 1) > 1 else images)
    return ", ".join(parts)
