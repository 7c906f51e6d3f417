"""What the folders of the experiments state of their tasks."""

import importlib
import tomllib

from dlnet_tf.methods import METHODS
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
        assert list(task.levels) == [name for name in METHODS if name in task.levels]
        assert all(levels.low <= levels.high for levels in task.levels.values())


def test_levels_are_those_of_the_paper():
    assert TASKS["sisr"].levels["dlnet"] == Levels(0.0, 3.0)
    assert TASKS["inpaint"].levels["joint"] == Levels(1, 30, max_shift=10, words="trained on all sizes")
    assert TASKS["interp"].levels["reference"] == Levels(0.75, 0.75, words="trained on r=75%")


def test_every_script_is_installed_as_a_command():
    commands = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert sorted(commands.values()) == sorted(f"{path.stem}:main" for path in ROOT.glob("run_*.py"))
