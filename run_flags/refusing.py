"""One line and exit code 2 for wrong flags and files."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def refuse(reason: object, code: int = 2) -> NoReturn:
    """Print the reason on one line, after the script's name, and exit with this code."""
    print(f"{os.path.basename(sys.argv[0])}: {' '.join(str(reason).split())}", file=sys.stderr)
    sys.exit(code)


def refuse_missing(error: ModuleNotFoundError) -> NoReturn:
    """Refuse to run without a package, and say how to install it."""
    package = str(error.name).partition(".")[0]
    refuse(
        f"found no package {package!r} in {sys.executable}; `make sisr` installs those of requirements.txt into "
        ".venv, then run .venv/bin/python"
    )
