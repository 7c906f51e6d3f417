"""What a photograph that is enlarged went through: the flags of super-resolution alone."""

from __future__ import annotations

import math

from run_flags.defining import define, flags


def define_degradation() -> None:
    """Define blur, noise and the sweep over blur widths, and refuse what they cannot be."""
    restore = ("restore",)
    define(
        "blur_width",
        flags.DEFINE_string,
        help="standard deviation of the blur in pixels of the enlarged image, 0 for none, or auto",
        modes=restore,
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
    )
    define(
        "noise_sigma",
        flags.DEFINE_string,
        help="standard deviation of the noise, where white is 1, or auto [from the file; eval: none, and 8 bits]",
        modes=("eval", "restore"),
    )
    _require_levels()
    _require_sweep()


def _require_levels() -> None:
    for name in ("blur_width", "noise_sigma"):
        flags.register_validator(name, _is_level, "expected a number >= 0 or auto")
    flags.register_multi_flags_validator(
        ["mode", "noise_sigma"],
        lambda values: values["mode"] != "eval" or values["noise_sigma"] != "auto",
        "noise_sigma: found auto with --mode=eval, expected a number",
    )


def _require_sweep() -> None:
    flags.register_validator("sweep_at", _is_place, "expected two whole numbers X,Y")
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


def _is_level(value: str | None) -> bool:
    try:
        return value in (None, "auto") or 0 <= float(value or "") < math.inf
    except ValueError:
        return False


def _is_place(value: list[str] | None) -> bool:
    return value is None or (len(value) == 2 and all(number.isdecimal() for number in value))
