"""Train the models of checkpoints/recipes.toml that are missing or stale, one after another, at low priority.

python -m tools.train_zoo            all of them, each after the one that it starts from
python -m tools.train_zoo NAME ..    these, and what they start from; patterns such as 'small/*' name several. A model
                                     that does not ship and was trained elsewhere is trained again only so
python -m tools.train_zoo --list     what is final, how far the others are, and the hours left
python -m tools.train_zoo --keep     keep the state of unfinished runs of super-resolution under checkpoints/training

Of inpainting no state is kept: one of an autoencoder is 90 MB, too much for a commit.

A run lies in runs/zoo, in a folder of the model's name and its recipe's fingerprint, and goes on where it was stopped
or killed. Where there is none it goes on from the state in checkpoints/training, which a commit can carry to another
machine. After a change of its recipe, or of one that it starts from, a model is trained from the beginning.

What is ready lies in runs/trained, where an evaluation compares it, and without `ships = false` in checkpoints too. A
recipe whose name has a folder, as "boundary/inpaint_celeba_joint", leaves its model in that folder of runs instead.
"""

from __future__ import annotations

import argparse
import fnmatch
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from typing import Any

import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.files import write_bytes, write_text
from tools.ship import ship
from tools.zoo_cards import with_licence, with_steps_of_start

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCRIPT = "run_sisr.py"
# Keys of a recipe that are no flags.
OWN_KEYS = ("script", "start", "ships")
# A run that has more of these in common with another takes more nearly as long a step, for as many images.
ALIKE = ("method", "backbone", "scale", "arch", "num_steps", "adversarial_weight")
BATCH = 100


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

    def kept(self, name: str) -> pathlib.Path:
        """Return the file of the state that a commit carries."""
        return self.shipped / "training" / self.run(name).name / "state.npz"

    def fingerprint(self, name: str) -> str:
        """Return what changes with a recipe, or with one that it starts from."""
        recipe = self.recipes[name]
        start = self.fingerprint(recipe["start"]) if "start" in recipe else ""
        return hashlib.sha256((json.dumps(recipe, sort_keys=True) + start).encode()).hexdigest()[:8]

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
        return self._was_trained(name) and not self.recipes[name].get("ships", True) and not self.is_final(name)

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

    def progress(self, name: str) -> tuple[int, float | None]:
        """Return the steps that a run has taken and the seconds a step, None where it has not begun."""
        state = self.run(name) / "state.npz"
        state = state if state.is_file() else self.kept(name)
        if not state.is_file():
            return 0, None
        with np.load(state, allow_pickle=False) as stored:
            step, notes = int(stored["optimizer/0000"]), json.loads(stored["notes"].tobytes())
        return step, notes["seconds"] / step if step else None

    def report(self) -> str:
        """Tell how far each model is, and the hours that are left; of those that have not begun they are a guess."""
        lines, hours = [], 0.0
        runs = {name: self.progress(name) for name in self.recipes}
        for name, recipe in self.recipes.items():
            if self.is_final(name):
                lines.append(f"{name:<44}final")
                continue
            if self.is_elsewhere(name):
                lines.append(f"{name:<44}final, its file is not here")
                continue
            step, pace = runs[name][0], self._pace(name, {other: seconds for other, (_, seconds) in runs.items()})
            left = (recipe["train_steps"] - step) * (pace or 0.0) / 3600
            begun, about = (f"step {step:,} of {recipe['train_steps']:,}", "") if step else ("not begun", "about ")
            lines.append(f"{name:<44}{begun}" + (f", {about}{left:.1f} h left" if pace else ""))
            hours += left
        return "\n".join([*lines, *([f"about {hours:.1f} h left"] if hours else [])])

    def _pace(self, name: str, measured: Mapping[str, float | None]) -> float | None:
        """Return the seconds a step of a model, as of those that are measured its own run or the one most like it."""
        wanted, paces = self.recipes[name], dict[int, float]()
        for other, seconds in measured.items():
            recipe = self.recipes[other]
            if seconds and recipe.get("script") == wanted.get("script"):
                alike = sum(recipe.get(key) == wanted.get(key) for key in ALIKE) + 10 * (other == name)
                paces[alike] = seconds * wanted.get("batch_size", BATCH) / recipe.get("batch_size", BATCH)
        return paces[max(paces)] if paces else None

    def keep(self) -> None:
        """Copy the states of unfinished runs of super-resolution to where a commit takes them along."""
        for name, recipe in self.recipes.items():
            state = self.run(name) / "state.npz"
            if state.is_file() and not self.is_final(name) and "script" not in recipe:
                self.kept(name).parent.mkdir(parents=True, exist_ok=True)
                write_bytes(self.kept(name), state.read_bytes())
                print(f"{self.kept(name).relative_to(self.root)}")

    def train(self, name: str) -> None:
        """Train one model to its end and put it, its card and its fingerprint among those that ship.

        Raises:
            UsageError: the training failed, or was stopped.
        """
        folder = self.run(name)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "state.npz").is_file() and self.kept(name).is_file():
            write_bytes(folder / "state.npz", self.kept(name).read_bytes())
        recipe = self.recipes[name]
        flags = {key: value for key, value in recipe.items() if key not in OWN_KEYS}
        if "start" in recipe:
            flags |= {"checkpoint": self.model(recipe["start"]).relative_to(self.root).as_posix()}
        flags |= {"output_dir": folder.relative_to(self.root).as_posix()}
        command = [sys.executable, recipe.get("script", self.script), "--mode", "train", "--resume"]
        command += [f"--{key}={value}" for key, value in flags.items()]
        print(f"{name}: {recipe['train_steps']:,} steps in {flags['output_dir']}", flush=True)
        if subprocess.run(command, cwd=self.root, preexec_fn=lambda: os.nice(19)).returncode:
            raise UsageError(f"{name}: the training did not end; run the same command to continue it")
        self._put(name, folder)
        done = json.loads(self.lock.read_text("utf-8")) if self.lock.is_file() else {}
        write_text(self.lock, json.dumps(done | {name: self.fingerprint(name)}, indent=2) + "\n")
        if self.kept(name).is_file():
            self.kept(name).unlink()
            self.kept(name).parent.rmdir()

    def lend(self, name: str) -> None:
        """Copy a model that ships to where an evaluation compares it, if it is not there: a fresh clone lacks it."""
        for path in (self.model(name), self.model(name).with_suffix(".md")):
            there = self.compared(name).with_suffix(path.suffix)
            if not there.is_file():
                write_bytes(there, path.read_bytes())

    def _put(self, name: str, folder: pathlib.Path) -> None:
        """Copy the best model of a run, whose file is called by its method, to where it is looked for."""
        (best,) = folder.glob("*.keras")
        card = best.with_suffix(".md").read_text("utf-8")
        start = self.recipes[name].get("start")
        if start and not self.recipes[start].get("ships", True):
            card = with_steps_of_start(card, self.compared(start).with_suffix(".md").read_text("utf-8"))
        write_bytes(self.compared(name), best.read_bytes())
        write_text(self.compared(name).with_suffix(".md"), card)
        if self.model(name) == self.compared(name):
            return
        if "script" in self.recipes[name]:
            ship(self.compared(name), self.model(name))
        else:
            write_bytes(self.model(name), best.read_bytes())
            write_text(self.model(name).with_suffix(".md"), with_licence(card, self.recipes[name]))


def main() -> None:
    """Read the command line and do it; a wrong flag or file ends in one line and exit code 2."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="models, by default all of recipes.toml")
    parser.add_argument("--list", action="store_true", help="say how far each of them is")
    parser.add_argument("--keep", action="store_true", help="keep the states of unfinished runs")
    options = parser.parse_args()
    try:
        zoo = Zoo(ROOT)
        names = zoo.with_starts(options.names)
        if options.keep:
            zoo.keep()
        elif not options.list:
            for name in names:
                if zoo.is_final(name):
                    zoo.lend(name)
                else:
                    zoo.train(name)
        print(zoo.report())
    except UsageError as error:
        parser.exit(2, f"train_zoo: {error}\n")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
