"""What benchmarks share beside the clock: their flags, the machine, tables, and files of numbers."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pathlib
import platform
from collections.abc import Iterable, Mapping
from typing import Any

from dlnet_tf import zoo


def machine() -> str:
    """Describe the processor in a line."""
    name, flags = platform.processor(), ""
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    if cpuinfo.exists():
        entries = dict(line.split(":", 1) for line in cpuinfo.read_text().splitlines() if ":" in line)
        found = {key.strip(): value.strip() for key, value in entries.items()}
        name = found.get("model name", name)
        wanted = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
        flags = ", ".join(flag for flag in wanted if flag in found.get("flags", "").split())
    return f"{os.cpu_count()} cores of {name} ({flags})"


def parser(script: str, rounds: int) -> argparse.ArgumentParser:
    """Return a parser of the flags that all benchmarks have: --rounds and --json."""
    flags = argparse.ArgumentParser(description=script, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--rounds", type=int, default=rounds, help=f"turns of each [{rounds}]")
    flags.add_argument("--json", type=pathlib.Path, help="file for the numbers")
    return flags


def write(path: pathlib.Path | None, rows: list[dict[str, Any]], models: Iterable[str] = ()) -> None:
    """Write the rows and the machine they come from, where a file is named.

    Args:
        path: file, or None.
        rows: one dict each.
        models: names of the shipped models that were measured. Digests of their files are written too, so that numbers
            of a model that has been replaced are found.
    """
    if path:
        measured = {"machine": machine(), "models": {name: digest(name) for name in sorted(models)}, "rows": rows}
        path.write_text(json.dumps(measured, indent=2) + "\n", "utf-8")


def digest(model: str) -> str:
    """Return the beginning of the SHA-256 of a shipped model's file."""
    return hashlib.sha256(zoo.find(model).read_bytes()).hexdigest()[:16]


def table(rows: list[dict[str, Any]], columns: Mapping[str, str]) -> str:
    """Lay rows out as Markdown.

    Args:
        rows: one dict each.
        columns: format specification by key, such as ".2f"; a key that a row lacks gives an empty cell.
    """
    head = "| " + " | ".join(columns) + " |"
    rule = "|" + "|".join("---" if not spec else "---:" for spec in columns.values()) + "|"
    lines = [
        "| " + " | ".join(format(row[key], spec) if key in row else "" for key, spec in columns.items()) + " |"
        for row in rows
    ]
    return "\n".join([head, rule, *lines])
