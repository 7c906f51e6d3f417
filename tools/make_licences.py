"""Writes docs/quality/licences.md: what this project depends on, directly and through others, and under which licences.

python -m tools.make_licences
"""

import importlib.metadata
import pathlib
import re

from packaging.requirements import Requirement

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "quality" / "licences.md"

HEAD = """# Licences of the dependencies

`python -m tools.make_licences` makes this page from what the packages say about themselves. The project itself is
Apache-2.0, and none of the packages' code is part of this repository. `requirements.txt` names the packages in bold;
the others come with these.

This page says nothing about vulnerabilities: `make audit` (pip-audit) looks up those that are known of the installed
packages. It needs a network, and fails if it cannot look up one.

"""


def names(path: pathlib.Path) -> list[str]:
    """Return the packages that a file of requirements names."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    return [Requirement(line).name for line in lines if line and not line.startswith(("#", "-"))]


def closure(roots: list[str]) -> dict[str, importlib.metadata.Distribution]:
    """Return the installed packages that these need, by their normalised name."""
    found: dict[str, importlib.metadata.Distribution] = {}
    queue = list(roots)
    while queue:
        name = re.sub(r"[-_.]+", "-", queue.pop()).lower()
        if name in found:
            continue
        found[name] = importlib.metadata.distribution(name)
        needs = [Requirement(line) for line in found[name].requires or ()]
        queue += [need.name for need in needs if not need.marker or need.marker.evaluate({"extra": ""})]
    return found


def licence(package: importlib.metadata.Distribution) -> str:
    """Return a package's licence: its SPDX expression, else what its classifiers or the first line of its text say."""
    facts = package.metadata
    if "License-Expression" in facts:
        return facts["License-Expression"]
    kinds = [line.rpartition(" :: ")[2] for line in facts.get_all("Classifier") or [] if line.startswith("License ::")]
    kinds = [kind for kind in kinds if kind != "OSI Approved"]
    said = facts["License"] if "License" in facts else ""
    return ", ".join(kinds) or (said or "not said").strip().splitlines()[0]


def page() -> str:
    """Return the page for what is installed."""
    roots = names(ROOT / "requirements.txt")
    rows = [
        f"| {f'**{name}**' if name in roots else name} | {licence(package)} |"
        for name, package in sorted(closure(roots).items())
    ]
    return HEAD + "\n".join(["| package | licence |", "|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
