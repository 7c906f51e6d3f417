"""Modules of `dlnet_tf` that need no TensorFlow, read apart from the package, which takes seconds to import."""

from __future__ import annotations

import importlib.util
import pathlib
import sys
import types

PACKAGE = pathlib.Path(__file__).resolve().parents[1] / "dlnet_tf"


def read_apart(name: str) -> types.ModuleType:
    """Return the module `dlnet_tf.<name>`, without importing the package around it."""
    spec = importlib.util.spec_from_file_location(f"dlnet_tf_{name}", PACKAGE / f"{name}.py")
    assert spec and spec.loader
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


methods = read_apart("methods")
tasks = read_apart("tasks")
networks = read_apart("networks")
native_log = read_apart("native_log")
options = read_apart("options")
