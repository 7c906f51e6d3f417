"""What a photograph that is enlarged went through: the flags of super-resolution alone."""

from __future__ import annotations

import math
from typing import Literal

from run_flags.defining import define, flags


def level(text: str) -> float | Literal["auto"]:
    """Return the number, or "auto".

    Raises:
        ValueError: it is neither, or the number is not >= 0.
    """
    if text == "auto":
        return "auto"
    number = float(text)
    if not 0 <= number < math.inf:
        raise ValueError(text)
    return number


def place(numbers: list[str]) -> tuple[int, int]:
    """Return X and Y.

    Raises:
        ValueError: they are no two whole numbers.
    """
    x, y = numbers
    if not (x.isdecimal() and y.isdecimal()):
        raise ValueError(numbers)
    return int(x), int(y)


def define_degradation() -> None:
    """Define blur, noise and the sweep over blur widths, and refuse what they cannot be."""
    restore = ("restore",)
    define(
        "blur_width",
        flags.DEFINE_string,
        help="standard deviation of the blur in pixels of the enlarged image, 0 for none, or auto",
        modes=restore,
        parse=level,
        expected="a number >= 0 or auto",
    )
    define(
        "kernel",
        flags.DEFINE_string,
        help="file with the blur kernel (.npy, .png, .mat), in place of --blur_width",
        modes=restore,
    )
    define(
        "cap_blur",
        flags.DEFINE_bool,
        default=True,
        help="lower a --blur_width that is too large for the photograph; never for a JPEG or a clip",
        modes=restore,
    )
    define(
        "sweep",
        flags.DEFINE_bool,
        default=False,
        help="write a sheet with eleven blur widths to --output, to choose one by eye",
        modes=restore,
    )
    define(
        "sweep_at",
        flags.DEFINE_list,
        help="X,Y: middle of the part that --sweep shows [a part with detail]",
        modes=restore,
        parse=place,
        expected="two whole numbers X,Y",
    )
    define(
        "noise_sigma",
        flags.DEFINE_string,
        help="standard deviation of the noise, where white is 1, or auto [from the file; eval: none, and 8 bits]",
        modes=("eval", "restore"),
        parse=level,
        expected="a number >= 0 or auto",
    )
    _require_noise()
    _require_sweep()


def _require_noise() -> None:
    flags.register_multi_flags_validator(
        ["mode", "noise_sigma"],
        lambda values: values["mode"] != "eval" or values["noise_sigma"] != "auto",
        "noise_sigma: found auto with --mode=eval, expected a number",
    )


def _require_sweep() -> None:
    flags.register_multi_flags_validator(
        ["sweep", "sweep_at"],
        lambda values: values["sweep"] or values["sweep_at"] is None,
        "sweep_at: found without --sweep",
    )
    flags.register_multi_flags_validator(
        ["sweep", "gallery"],
        lambda values: not (values["sweep"] and values["gallery"]),
        "gallery: found with --sweep, which restores no photograph",
    )
