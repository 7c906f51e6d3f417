"""The queue of trainings, with a script that pretends to train."""

import dataclasses

import numpy as np
import pytest

from dlnet_tf import backbones, keras_models
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.experiments.inpainting.objectives import check_training_flags
from dlnet_tf.experiments.inpainting.options import InpaintingTraining, Variant
from tests.command_line import parse
from tools.recipes import SCRIPT as SCRIPT_OF_SISR
from tools.recipes import Zoo
from tools.train_zoo import OWN_KEYS, ROOT, keep, lend, train
from tools.zoo_report import report

RECIPES = """
[first]
backbone = "idn"
method = "reference"
train_steps = 4
[second]
start = "first"
backbone = "idn"
method = "joint"
train_steps = 4
"""

# Two steps a call, so that the first call ends as if it had been killed.
SCRIPT = """
import json, pathlib, sys
import numpy as np
flags = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
folder = pathlib.Path(flags["--output_dir"])
state = folder / "state.npz"
step = int(np.load(state)["optimizer/0000"]) if state.exists() else 0
name = folder.name.partition("-")[0]
pathlib.Path("log").open("a").write(f"{name} {step} {flags['--method']} {flags.get('--checkpoint', '-')}\\n")
step += 2
notes = np.frombuffer(json.dumps({"seconds": 3600.0 * step}).encode(), np.uint8)
np.savez(state, notes=notes, **{"optimizer/0000": np.array(step)})
for suffix in (".keras", ".md"):
    (folder / (name + suffix)).write_text(f"{name} {step}")
sys.exit(step < int(flags["--train_steps"]))
"""


@pytest.fixture
def zoo(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "recipes.toml").write_text(RECIPES)
    (tmp_path / "script.py").write_text(SCRIPT)
    return Zoo(tmp_path, "script.py")


def test_a_run_that_was_killed_goes_on_and_its_end_ships(zoo):
    with pytest.raises(UsageError, match="first: the training did not end"):
        train(zoo, "first")
    assert not (zoo.shipped / "first.keras").exists()
    assert report(zoo).splitlines()[0].split(None, 1) == ["first", "step 2 of 4, 2.0 h left"]
    # That of the second is guessed from the first, four steps of an hour.
    assert report(zoo).splitlines()[1:] == [f"{'second':<44}not begun, about 4.0 h left", "about 6.0 h left"]
    train(zoo, "first")
    assert (zoo.shipped / "first.keras").read_text() == "first 4" and zoo.is_final("first")
    assert (zoo.root / "log").read_text() == "first 0 reference -\nfirst 2 reference -\n"
    assert [line.split(None, 1)[1] for line in report(zoo).splitlines()[:2]] == [
        "final",
        "not begun, about 4.0 h left",
    ]


def test_a_state_that_was_kept_goes_on_on_another_machine(zoo):
    with pytest.raises(UsageError):
        train(zoo, "first")
    keep(zoo)
    zoo.files("first").state.unlink()
    train(zoo, "first")
    assert "first 2 reference" in (zoo.root / "log").read_text()
    assert not zoo.kept("first").exists()


def test_a_model_comes_after_the_one_that_it_starts_from_and_is_stale_with_it(zoo):
    assert zoo.with_starts(["second"]) == ["first", "second"] == zoo.with_starts([]) == zoo.with_starts(["sec*"])
    before = zoo.fingerprint("second")
    zoo.recipes["first"]["train_steps"] = 5
    assert zoo.fingerprint("second") != before
    with pytest.raises(UsageError, match="found no recipe 'third', expected one of first, second"):
        zoo.with_starts(["third"])


def test_what_a_final_model_started_from_is_not_trained_again(zoo):
    for name in ("first", "second"):
        finish(zoo, name)
    for path in (zoo.model("first"), zoo.compared("second"), zoo.compared("second").with_suffix(".md")):
        path.unlink()
    # As in a fresh clone, which has the models that ship alone.
    assert zoo.with_starts(["second"]) == ["second"]
    lend(zoo, "second")
    assert zoo.compared("second").read_bytes() == zoo.model("second").read_bytes()
    assert zoo.compared("second").with_suffix(".md").is_file()


def test_a_model_that_does_not_ship_is_trained_again_only_by_its_name_or_as_a_start(zoo):
    zoo.recipes["first"]["ships"] = False
    finish(zoo, "first")
    zoo.model("first").unlink()
    assert zoo.with_starts(["first"]) == ["first"]
    assert report(zoo).splitlines()[0].split(None, 1)[1] != "final, its file is not here"
    assert zoo.with_starts([]) == ["first", "second"] == zoo.with_starts(["second"])
    zoo.recipes["second"].pop("start")
    assert zoo.with_starts([]) == ["second"]
    assert report(zoo).splitlines()[0].split(None, 1) == ["first", "final, its file is not here"]


def finish(zoo, name):
    """Train a model to its end, in as many calls as the script asks for."""
    while not zoo.is_final(name):
        try:
            train(zoo, name)
        except UsageError:
            continue


@pytest.mark.parametrize("changed", ["first", "second"])
def test_a_stale_run_is_begun_anew_and_its_old_weights_do_not_ship_as_new(zoo, changed):
    finish(zoo, "first")
    finish(zoo, "second")
    (zoo.root / "log").unlink()
    zoo.recipes[changed]["seed"] = 1
    assert not zoo.is_final("second")
    for name in ("first", "second"):
        finish(zoo, name)
    log = (zoo.root / "log").read_text().splitlines()
    assert [line.split()[1:] for line in log if line.startswith("second")] == [
        [step, "joint", "checkpoints/first.keras"] for step in ("0", "2")
    ]
    assert any(line.startswith("first") for line in log) == (changed == "first")


def test_the_kept_state_of_another_recipe_is_not_taken_up(zoo):
    with pytest.raises(UsageError):
        train(zoo, "first")
    keep(zoo)
    zoo.recipes["first"]["seed"] = 1
    (zoo.root / "log").unlink()
    with pytest.raises(UsageError):
        train(zoo, "first")
    assert (zoo.root / "log").read_text().split()[1:] == ["0", "reference", "-"]


def test_nothing_is_left_of_a_kept_state_once_its_model_is_final(zoo):
    with pytest.raises(UsageError):
        train(zoo, "first")
    keep(zoo)
    train(zoo, "first")
    assert not list((zoo.shipped / "training").iterdir())


def test_a_start_that_does_not_stand_before_is_refused(zoo):
    (zoo.shipped / "recipes.toml").write_text('[one]\nstart = "two"\ntrain_steps = 1\n[two]\ntrain_steps = 1\n')
    with pytest.raises(UsageError, match="one has start = 'two', expected a recipe that comes before"):
        Zoo(zoo.root)


def test_a_recipe_like_another_has_its_keys_and_one_in_a_folder_stays_there(zoo):
    recipes = '["k=1/first"]\nlike = "first"\nstart = "second"\nships = false\nnum_steps = 1\n'
    with (zoo.shipped / "recipes.toml").open("a") as file:
        file.write(recipes)
    zoo = Zoo(zoo.root, "script.py")
    own = {"start": "second", "ships": False, "num_steps": 1}
    assert zoo.recipes["k=1/first"] == {"backbone": "idn", "method": "reference", "train_steps": 4} | own
    for name in zoo.recipes:
        finish(zoo, name)
    assert (zoo.root / "runs" / "k=1" / "first.keras").read_text() == "k=1 4"
    assert not list(zoo.shipped.glob("k=1*"))


def test_the_recipes_that_ship_are_called_by_what_they_are():
    zoo = Zoo(ROOT)
    assert all(recipe["train_steps"] > 0 for recipe in zoo.recipes.values())
    for name, recipe in zoo.recipes.items():
        if recipe.get("script") == "run_inpaint.py":
            parts = [recipe["task"], "scenes" if recipe.get("dataset") == "sun397" else "celeba"]
            parts += [recipe["arch"]] if "arch" in recipe else []
            parts += [f"deeper_{recipe['extra_layers']}"] if "extra_layers" in recipe else []
            assert name.rpartition("/")[2] == "_".join([*parts, recipe["method"]]) or name.endswith("_base")
            # What compares variants does not ship.
            assert not recipe.get("ships", True) or "/" not in name
        else:
            assert name == f"{recipe['backbone']}_x{recipe['scale']}_{recipe['method']}"
    assert {path.stem for path in zoo.shipped.glob("*.keras")} <= zoo.recipes.keys()


SHORT = "trained/short/"
# Methods that stand in one table, and so have the same training.
TABLES = {
    "inpaint_celeba_{}": 6,
    "interp_celeba_{}": 6,
    "lambda/{}/inpaint_celeba_naive_likelihood": 3,
    "steps/{}/inpaint_celeba_dlnet": 5,
    "boundary/inpaint_celeba_{}": 4,
    "sun/inpaint_scenes_{}": 5,
    "sun/interp_scenes_{}": 5,
    **{f"small/{task}_celeba_{arch}_{{}}": 2 for task in ("inpaint", "interp") for arch in ("sft", "edgeconnect")},
}


@pytest.mark.parametrize("names", TABLES)
def test_the_methods_that_are_compared_have_equal_recipes(names):
    unlike = ("method", "ships", "likelihood_weight", "num_steps", "step_size")
    before, _, after = names.partition("{}")
    alike = [
        {key: value for key, value in recipe.items() if key not in unlike}
        for name, recipe in Zoo(ROOT).recipes.items()
        if name.removeprefix(SHORT).startswith(before) and name.endswith(after)
        # What all start from, and what was trained on from one of them.
        if recipe["method"] not in ("reference", "centered") and not name.endswith("_base")
        if not recipe.get("start", "").startswith(SHORT)
    ]
    assert len(alike) == TABLES[names] and all(recipe == alike[0] for recipe in alike)


@pytest.mark.parametrize("script", ["run_sisr", "run_inpaint"])
def test_a_recipe_is_a_command_of_its_script(script):
    lines = [
        ["--mode=train", *(f"--{key}={value}" for key, value in recipe.items() if key not in OWN_KEYS)]
        for recipe in Zoo(ROOT).recipes.values()
        if recipe.get("script", SCRIPT_OF_SISR) == f"{script}.py"
    ]
    assert len(lines) > 10 and not any(parse(script, lines))


FILLING = [name for name, recipe in Zoo(ROOT).recipes.items() if "task" in recipe]


@pytest.mark.parametrize("name", FILLING)
def test_a_recipe_for_filling_asks_for_what_training_takes(name):
    recipe = Zoo(ROOT).recipes[name]
    variant = {field.name: recipe[field.name] for field in dataclasses.fields(Variant) if field.name in recipe}
    check_training_flags(Inpainting(recipe["task"]), recipe["method"], InpaintingTraining(**variant))
    assert recipe["method"] in Inpainting(recipe["task"]).methods


def test_an_autoencoder_has_its_script_and_one_that_does_not_ship_stays_where_it_is_compared(zoo):
    network = backbones.autoencoder(width=4)
    recipes = """
[base]
script = "other.py"
task = "inpaint"
ships = false
method = "joint"
train_steps = 2
[tuned]
start = "base"
script = "other.py"
task = "inpaint"
method = "dlnet"
train_steps = 4
"""
    (zoo.shipped / "recipes.toml").write_text(recipes)
    # What it leaves is called by the method.
    saving = "import shutil\nshutil.copy('model', folder / f\"inpaint_{flags['--method']}.keras\")\n"
    saving += (
        "(folder / f\"inpaint_{flags['--method']}.md\").write_text(f'- **Start:** here\\n- **Steps:** {step}\\n')\n"
    )
    script = SCRIPT[: SCRIPT.index("for suffix")] + saving + SCRIPT[SCRIPT.index("sys.exit") :]
    (zoo.root / "other.py").write_text(script)
    network.save(zoo.root / "model.keras")
    (zoo.root / "model.keras").rename(zoo.root / "model")
    zoo = Zoo(zoo.root, "script.py")
    train(zoo, "base")
    assert zoo.is_final("base") and not (zoo.shipped / "base.keras").exists()
    assert zoo.compared("base").with_suffix(".md").read_text() == "- **Start:** here\n- **Steps:** 2\n"
    with pytest.raises(UsageError):
        train(zoo, "tuned")
    # Too large for a commit.
    keep(zoo)
    assert not (zoo.shipped / "training").exists()
    train(zoo, "tuned")
    assert (zoo.root / "log").read_text().splitlines()[-1] == "tuned 2 dlnet runs/trained/base.keras"
    shipped, trained = (keras_models.load(path) for path in (zoo.model("tuned"), zoo.compared("tuned")))
    card = (zoo.shipped / "tuned.md").read_text()
    assert "rounded to" in card and card.startswith(
        "- **Start:** here (its own steps: 2; its own start: here)\n- **Steps:** 4\n"
    )
    for exact, left, found in zip(network.weights, trained.weights, shipped.weights, strict=True):
        np.testing.assert_array_equal(left, exact)
        np.testing.assert_allclose(found, exact, rtol=1 / 128)
