"""What the folders of the experiments state of their tasks."""

import importlib
import tomllib

from dlnet_tf.methods import METHODS, Method, with_dlnets
from dlnet_tf.tasks import TASKS, Levels, of_folder
from tests.conftest import ROOT


def test_every_folder_states_its_tasks():
    stated = {path.parent.name for path in (ROOT / "dlnet_tf" / "experiments").glob("*/task.toml")}
    assert {task.folder for task in TASKS.values()} == stated
    assert of_folder("inpainting") == ["inpaint", "interp"] and of_folder("super_resolution") == ["sisr"]
    assert of_folder("video") == ["video"]
    for folder in stated:
        importlib.import_module(f"dlnet_tf.experiments.{folder}.evaluation")


def test_the_methods_of_a_task_are_those_there_are_in_one_order():
    for task in TASKS.values():
        assert set(task.methods) <= set(METHODS)
        assert all(levels.low <= levels.high for levels in (task.levels, *task.methods.values()))


def test_the_methods_of_each_task():
    enlarging = ["reference", "joint", "zero_shot", "dlnet", "dlnet_gradient"]
    filling = ["joint", "on_demand", "multitask", "naive_likelihood", "dlnet", "dlnet_gradient"]
    found = {name: with_dlnets(task.methods) for name, task in TASKS.items()}
    assert found["sisr"] == found["video"] == enlarging
    assert found["inpaint"] == ["reference", "centered", *filling] and found["interp"] == ["reference", *filling]


def test_a_new_rule_is_one_line_for_every_task(monkeypatch):
    monkeypatch.setitem(METHODS, "dlnet_my", Method("dlnet_my", "Mine", rule="my"))
    for task in TASKS.values():
        assert with_dlnets(task.methods)[-1] == "dlnet_my" and task.levels_of("dlnet_my") == task.levels


def test_levels_are_those_of_the_paper():
    assert TASKS["sisr"].levels_of("dlnet") == Levels(0.0, 3.0)
    assert TASKS["inpaint"].levels_of("joint") == Levels(1, 30, max_shift=10, words="trained on all sizes")
    assert TASKS["interp"].levels_of("reference") == Levels(0.75, 0.75, words="trained on r=75%")


def test_every_script_is_installed_as_a_command():
    commands = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert sorted(commands.values()) == sorted(f"{path.stem}:main" for path in ROOT.glob("run_*.py"))
