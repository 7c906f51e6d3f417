"""What is compared, as tables, pages and the rows of a report name it."""

from __future__ import annotations

from dlnet_tf.methods import METHODS

# What needs no training, and a network that the paper cites.
OTHERS = {
    "bicubic": "Bicubic",
    "telea": "Telea (OpenCV)",
    "navier_stokes": "Navier-Stokes (OpenCV)",
    "linear": "Linear interpolation",
    "srmdnf": "SRMDNF",
}


def method_label(name: str) -> str:
    """Return what a method is called in tables and on pages; an unknown name stays as it is.

    Args:
        name: name of a method; where several models of one are compared, "<method>, <variant>".
    """
    method, comma, variant = name.partition(", ")
    label = METHODS[method].label if method in METHODS else OTHERS.get(method, method)
    return label + comma + variant


def method_columns(name: str) -> dict[str, str]:
    """Return what a row of a report says of a method: `method` and, if there is one in its name, `variant`."""
    method, _, variant = name.partition(", ")
    return {"method": method, **({"variant": variant} if variant else {})}
