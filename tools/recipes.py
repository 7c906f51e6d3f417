"""The recipes of checkpoints/recipes.toml, and the folders of a checkout where their runs and models lie."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import pathlib
import tomllib
from typing import Any

from dlnet_tf.errors import UsageError
from dlnet_tf.networks import task_of
from dlnet_tf.tasks import TASKS, Task
from dlnet_tf.training.run_files import RunFiles

SCRIPT = "run_sisr.py"


class Zoo:
    """The recipes and the folders of a checkout.

    Args:
        root: of the checkout.
        script: what trains a model whose recipe names none.

    Raises:
        UsageError: a recipe starts from one, or is like one, that does not stand before it.
    """

    def __init__(self, root: pathlib.Path, script: str = SCRIPT) -> None:
        self.root, self.script = root, script
        self.shipped, self.lock = root / "checkpoints", root / "checkpoints" / "recipes.lock.json"
        self.recipes: dict[str, dict[str, Any]] = {}
        for name, recipe in tomllib.loads((self.shipped / "recipes.toml").read_text("utf-8")).items():
            for key in ("like", "start"):
                if key in recipe and recipe[key] not in self.recipes:
                    raise UsageError(
                        f"recipes.toml: {name} has {key} = {recipe[key]!r}, expected a recipe that comes before"
                    )
            self.recipes[name] = self.recipes.get(recipe.pop("like", ""), {}) | recipe

    def run(self, name: str) -> pathlib.Path:
        """Return the folder that a model is trained in; a recipe that changed has another one."""
        return self.root / "runs" / "zoo" / f"{name.replace('/', '-')}-{self.fingerprint(name)}"

    def files(self, name: str) -> RunFiles:
        """Return the state and the curves of a run; its model is called by its method, not by its recipe."""
        return RunFiles(self.run(name), name)

    def kept(self, name: str) -> pathlib.Path:
        """Return the file of the state that a commit carries."""
        return self.shipped / "training" / self.run(name).name / self.files(name).state.name

    def fingerprint(self, name: str) -> str:
        """Return what changes with a recipe, or with one that it starts from."""
        recipe = self.recipes[name]
        start = self.fingerprint(recipe["start"]) if "start" in recipe else ""
        return hashlib.sha256((json.dumps(recipe, sort_keys=True) + start).encode()).hexdigest()[:8]

    def task(self, name: str) -> Task:
        """Return what a model is for."""
        recipe = self.recipes[name]
        return TASKS[recipe["task"] if "task" in recipe else task_of(recipe["backbone"])]

    def is_large(self, name: str) -> bool:
        """Return whether a model is an autoencoder, of millions of weights."""
        return bool(self.task(name).damage)

    def model(self, name: str) -> pathlib.Path:
        """Return the file of a model that is ready."""
        return self.shipped / f"{name}.keras" if self.recipes[name].get("ships", True) else self.compared(name)

    def compared(self, name: str) -> pathlib.Path:
        """Return the file of a model where an evaluation compares it with others."""
        return self.root / "runs" / (f"{name}.keras" if "/" in name else f"trained/{name}.keras")

    def is_final(self, name: str) -> bool:
        """Return whether the model that is ready is the one of the recipe."""
        return self._was_trained(name) and self.model(name).is_file()

    def is_elsewhere(self, name: str) -> bool:
        """Return whether a model that does not ship was trained by its recipe, but its file is not on this machine."""
        return self._was_trained(name) and not (self.recipes[name].get("ships", True) or self.model(name).is_file())

    def _was_trained(self, name: str) -> bool:
        """Return whether a model was trained by the recipe as it is, on this machine or another."""
        done = json.loads(self.lock.read_text("utf-8")) if self.lock.is_file() else {}
        return done.get(name) == self.fingerprint(name)

    def with_starts(self, names: list[str]) -> list[str]:
        """Return the recipes of these names or patterns and those they need to start from, in order.

        Of no names these are all but those whose models are elsewhere.

        Raises:
            UsageError: a name is not known, or a pattern fits none.
        """
        wanted = {name for name in self.recipes if not names and not self.is_elsewhere(name)}
        for pattern in names:
            found = fnmatch.filter(self.recipes, pattern)
            if not found:
                raise UsageError(f"found no recipe {pattern!r}, expected one of {', '.join(self.recipes)}")
            wanted |= set(found)
        for name in reversed(self.recipes):
            if name in wanted and "start" in self.recipes[name] and not self.is_final(name):
                wanted.add(self.recipes[name]["start"])
        return [name for name in self.recipes if name in wanted]
