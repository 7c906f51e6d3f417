"""A command line, as flags and as the options of a mode."""

from __future__ import annotations

import dataclasses
import os
import shlex
import sys
from collections.abc import Sequence
from typing import Any, TypeVar

from run_flags.defining import FLAGS, MODES_OF, flags

Options = TypeVar("Options")


def parse(argv: Sequence[str]) -> None:
    """Set the flags from a command line, the script's name first.

    Raises:
        absl.flags.Error: a flag or a value is not known, or the flag is not one of the mode.
    """
    rest = FLAGS(argv)
    if rest[1:]:
        raise flags.Error(f"found {rest[1]!r}, expected flags only; --help lists them")
    for name, modes in MODES_OF.items():
        if FLAGS[name].present and FLAGS.mode not in modes:
            raise flags.Error(f"--{name}: found with --mode={FLAGS.mode}, expected with {' or '.join(modes)} only")


def program() -> str:
    """Return how the script was called: `python run_sisr.py`, or `dlnet-sisr` where that is installed."""
    name = os.path.basename(sys.argv[0])
    return f"python {name}" if name.endswith(".py") else name


def command_line() -> str:
    """Return the command that was given, without --resume: what trains a model anew."""
    kept = [arg for arg in sys.argv[1:] if arg.lstrip("-").partition("=")[0] not in ("resume", "noresume")]
    return f"{program()} {shlex.join(kept)}".rstrip()


def options_of(kind: type[Options]) -> Options:
    """Return the flags as the dataclass of options that a mode takes.

    Args:
        kind: the dataclass; its fields are called as the flags.
    """
    computed: dict[str, Any] = {"data_dir_given": bool(FLAGS["data_dir"].present), "command": command_line()}
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: computed[name] if name in computed else FLAGS[name].value for name in names})
