"""How a script was called."""

from __future__ import annotations

import os
import shlex
import sys


def program() -> str:
    """Return how the script was called: `python run_sisr.py`, or `dlnet-sisr` where that is installed."""
    name = os.path.basename(sys.argv[0])
    return f"python {name}" if name.endswith(".py") else name


def command_line() -> str:
    """Return the command that was given, without --resume: what trains a model anew."""
    kept = [arg for arg in sys.argv[1:] if arg.lstrip("-").partition("=")[0] not in ("resume", "noresume")]
    return f"{program()} {shlex.join(kept)}".rstrip()
