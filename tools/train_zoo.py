"""Train the models of checkpoints/recipes.toml that are missing or stale, one after another, at low priority.

python -m tools.train_zoo            all that are needed, each after the one that it starts from
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
import json
import os
import pathlib
import subprocess
import sys

from dlnet_tf.errors import UsageError
from dlnet_tf.files import write_bytes, write_text
from dlnet_tf.training.shipping import shrink
from tools.recipes import Zoo
from tools.zoo_cards import with_licence, with_rounding, with_steps_of_start
from tools.zoo_report import report

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Keys of a recipe that are no flags.
OWN_KEYS = ("script", "start", "ships")


def train(zoo: Zoo, name: str) -> None:
    """Train one model to its end and put it, its card and its fingerprint among those that ship.

    Raises:
        UsageError: the training failed, or was stopped.
    """
    folder, state = zoo.run(name), zoo.files(name).state
    folder.mkdir(parents=True, exist_ok=True)
    if not state.is_file() and zoo.kept(name).is_file():
        write_bytes(state, zoo.kept(name).read_bytes())
    recipe = zoo.recipes[name]
    flags = {key: value for key, value in recipe.items() if key not in OWN_KEYS}
    if "start" in recipe:
        flags |= {"checkpoint": zoo.model(recipe["start"]).relative_to(zoo.root).as_posix()}
    flags |= {"output_dir": folder.relative_to(zoo.root).as_posix()}
    command = [sys.executable, recipe.get("script", zoo.script), "--mode", "train", "--resume"]
    command += [f"--{key}={value}" for key, value in flags.items()]
    print(f"{name}: {recipe['train_steps']:,} steps in {flags['output_dir']}", flush=True)
    if subprocess.run(command, cwd=zoo.root, preexec_fn=lambda: os.nice(19)).returncode:
        raise UsageError(f"{name}: the training did not end; run the same command to continue it")
    _put(zoo, name, folder)
    done = json.loads(zoo.lock.read_text("utf-8")) if zoo.lock.is_file() else {}
    write_text(zoo.lock, json.dumps(done | {name: zoo.fingerprint(name)}, indent=2) + "\n")
    if zoo.kept(name).is_file():
        zoo.kept(name).unlink()
        zoo.kept(name).parent.rmdir()


def _put(zoo: Zoo, name: str, folder: pathlib.Path) -> None:
    """Put the best model of a run to where it is compared and, if it ships, a file of fewer digits to those that ship.

    The card is told how long a start was trained that does not ship, and what shipping adds.
    """
    (best,) = folder.glob("*.keras")
    model, card = best.read_bytes(), best.with_suffix(".md").read_text("utf-8")
    start = zoo.recipes[name].get("start")
    if start and not zoo.recipes[start].get("ships", True):
        card = with_steps_of_start(card, zoo.compared(start).with_suffix(".md").read_text("utf-8"))
    write_bytes(zoo.compared(name), model)
    write_text(zoo.compared(name).with_suffix(".md"), card)
    if zoo.model(name) == zoo.compared(name):
        return
    card = with_licence(card, zoo.task(name))
    if zoo.is_large(name):
        model, card = shrink(model), with_rounding(card)
    write_bytes(zoo.model(name), model)
    write_text(zoo.model(name).with_suffix(".md"), card)


def lend(zoo: Zoo, name: str) -> None:
    """Copy a model that ships to where an evaluation compares it, if it is not there: a fresh clone lacks it."""
    for path in (zoo.model(name), zoo.model(name).with_suffix(".md")):
        there = zoo.compared(name).with_suffix(path.suffix)
        if not there.is_file():
            write_bytes(there, path.read_bytes())


def keep(zoo: Zoo) -> None:
    """Copy the states of unfinished runs of super-resolution to where a commit takes them along."""
    for name in zoo.recipes:
        state = zoo.files(name).state
        if state.is_file() and not zoo.is_final(name) and not zoo.is_large(name):
            zoo.kept(name).parent.mkdir(parents=True, exist_ok=True)
            write_bytes(zoo.kept(name), state.read_bytes())
            print(f"{zoo.kept(name).relative_to(zoo.root)}")


def main() -> None:
    """Read the command line and do it; a wrong flag or file ends in one line and exit code 2."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="models, by default all that are needed")
    parser.add_argument("--list", action="store_true", help="say how far each of them is")
    parser.add_argument("--keep", action="store_true", help="keep the states of unfinished runs")
    options = parser.parse_args()
    try:
        zoo = Zoo(ROOT)
        names = zoo.with_starts(options.names)
        if options.keep:
            keep(zoo)
        elif not options.list:
            for name in names:
                if zoo.is_final(name):
                    lend(zoo, name)
                else:
                    train(zoo, name)
        print(report(zoo))
    except UsageError as error:
        parser.exit(2, f"train_zoo: {error}\n")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
