"""Shipped models on the oldest and the newest TensorFlow and Keras that are supported, each in a fresh environment.

python -m tools.compat [--report docs/quality/compat.md] [--folder KEEP]

The oldest pair is that of the lower bounds in requirements.txt on Python 3.11, the newest what pip finds, on the newest
Python there is. An environment takes 2 GB; they are deleted, unless --folder says where they stay.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from tests.compat.load_and_eval import EXPECTED, ROOT, TOLERANCE

PYTHONS = {"oldest": ("3.11", "3.12", "3.13"), "newest": ("3.13", "3.12", "3.11")}


def lower_bounds(text: str) -> list[str]:
    """Return the TensorFlow and Keras that requirements.txt begins with."""
    return [f"{name}=={version}.0" for name, version in re.findall(r"^(tensorflow|keras)>=([\d.]+)$", text, flags=re.M)]


def _python(versions: Sequence[str]) -> str:
    """Return the first of these Pythons that is there and works."""
    for version in versions:
        path = shutil.which(f"python{version}")
        # A shim may be there for a Python that is not.
        if path and not subprocess.run([path, "-c", "import venv, ensurepip"], capture_output=True).returncode:
            return path
    return sys.executable


def _score(name: str, folder: pathlib.Path) -> dict[str, Any]:
    """Make an environment, unless it is there, and return what load_and_eval prints in it."""
    python = folder / name / "bin" / "python"
    if not python.exists():
        subprocess.run([_python(PYTHONS[name]), "-m", "venv", folder / name], check=True)
        pins = lower_bounds((ROOT / "requirements.txt").read_text()) if name == "oldest" else []
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "-r", str(ROOT / "requirements.txt"), *pins], check=True)
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT)}
    command = [str(python), "-m", "tests.compat.load_and_eval"]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def held(versions: Sequence[Mapping[str, str]]) -> str:
    """Return what two environments hold, in words: every version once."""
    parts = []
    for part, name in (("tensorflow", "TensorFlow"), ("keras", "Keras")):
        found = list(dict.fromkeys(version[part] for version in versions))
        alone = " (there is no other one yet)" if len(found) == 1 else ""
        parts.append(f"{name} {' and '.join(found)}{alone}")
    return f"{'; '.join(parts)}: the oldest and the newest that requirements.txt allows"


def main() -> None:
    """Score the models in both environments and say how far apart they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or pathlib.Path(temporary)).absolute()
        found = {name: _score(name, folder) for name in PYTHONS}
    expected = json.loads(EXPECTED.read_text())
    titles = [", ".join(f"{key} {value}" for key, value in found[name]["versions"].items()) for name in PYTHONS]
    lines = [f"| PSNR in dB | stored | {' | '.join(titles)} |", "|---|" + "---:|" * (1 + len(titles))]
    largest = 0.0
    for model in sorted(expected.keys() | found["oldest"]["psnr"].keys()):
        # A model that ships since the last `load_and_eval --write` has no stored number yet.
        stored = [expected[model]] if model in expected else []
        row = [*stored, *(found[name]["psnr"].get(model, float("inf")) for name in PYTHONS)]
        lines.append(f"| {model} | {' | '.join([*['-'][len(stored) :], *(f'{value:.4f}' for value in row)])} |")
        largest = max(largest, max(row) - min(row))
    total = f"The largest difference is {largest:.4f} dB; at most {TOLERANCE} dB is allowed."
    print("\n".join([*lines, total]))
    if options.report:
        head = (
            f"# Supported versions, {datetime.date.today().isoformat()}\n\n`make compat` made this page on "
            f"{platform.machine()}. It loads every shipped model and scores it on a picture made of\nformulas, with "
            f"{held([found[name]['versions'] for name in PYTHONS])}.\n{total}\n\n"
        )
        options.report.write_text(head + "\n".join(lines) + "\n")
    sys.exit(largest > TOLERANCE)


if __name__ == "__main__":
    main()
