"""Define flags, each for some of the modes."""

from __future__ import annotations

import functools
import math
import pathlib
from collections.abc import Callable
from typing import Any

from run_flags.refusing import refuse_missing

try:
    # absl.logging defines a --log_dir of its own when it is imported; imported first, ours takes its place.
    from absl import flags as flags
    from absl import logging  # noqa: F401
except ModuleNotFoundError as error:
    refuse_missing(error)


FLAGS = flags.FLAGS
MODES = ("eval", "train", "restore", "export")
# Name of a flag -> the modes that use it.
MODES_OF: dict[str, tuple[str, ...]] = {}
# Name of a flag -> what makes of absl's value the one that the options have.
PARSERS: dict[str, Callable[[Any], Any]] = {}


def define(
    name: str,
    kind: Callable[..., Any],
    *,
    help: str,
    default: Any = None,
    modes: tuple[str, ...] = MODES,
    parse: Callable[[Any], Any] | None = None,
    expected: str = "",
    **extra: Any,
) -> None:
    """Define one absl flag and remember which modes use it.

    Args:
        name: of the flag.
        kind: a `flags.DEFINE_*` function.
        help: its line of help.
        default: its value when it is not given.
        modes: those of `MODES`; the flag is refused in the others.
        parse: makes of absl's value, text or a list of it, the one that the options have; raises ValueError for others.
        expected: what the refusal of those says, where there are any.
        **extra: what `kind` takes besides, such as `enum_values` or `lower_bound`.
    """
    MODES_OF[name] = modes
    if parse:
        PARSERS[name] = parse
    if "enum_values" in extra:
        kind(name, default, extra["enum_values"], help)
    else:
        kind(name, default, help, **extra)
    if parse and expected:
        flags.register_validator(name, functools.partial(_is_parsed, parse), f"expected {expected}")


def define_path(name: str, **others: Any) -> None:
    """Define a flag that names a file or folder, a path among the options; `define` takes the others."""
    define(name, flags.DEFINE_string, parse=_path, **others)


def _path(text: str) -> pathlib.Path | None:
    """Return the path that a text is; an empty one names none."""
    return pathlib.Path(text) if text else None


def _is_parsed(parse: Callable[[Any], object], value: Any) -> bool:
    """Tell whether a value can be parsed; a flag that is not given may stay so."""
    try:
        return value is None or parse(value) is not None
    except ValueError:
        return False


def value_of(name: str) -> Any:
    """Return the value of a flag as the options have it, None where it has none."""
    value = FLAGS[name].value
    return PARSERS[name](value) if name in PARSERS and value is not None else value


def require_not_negative(*names: str) -> None:
    """Refuse NaN, infinity and what is below zero; a flag that is not given may stay so."""
    for name in names:
        flags.register_validator(
            name, lambda value: value is None or (math.isfinite(value) and value >= 0), "expected a number >= 0"
        )
