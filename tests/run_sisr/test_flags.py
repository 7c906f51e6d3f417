"""Flags of the command line, and the one line that answers a wrong one."""

import functools
import inspect
import subprocess
import sys

import pytest

from dlnet_tf import networks
from dlnet_tf.backbones import BACKBONES
from dlnet_tf.methods import with_dlnets
from dlnet_tf.tasks import TASKS
from tests import command_line
from tests.command_line import ENVIRONMENT, ROOT, choices, read_help

script = functools.partial(command_line.script, "run_sisr")


def test_help_is_quick_and_does_not_import_tensorflow():
    text, groups = read_help("run_sisr")
    for words in (
        f"--backbone {{{','.join([*networks.of_task('sisr'), *networks.of_task('video')])}}}",
        "--scale {2,3,4}",
        "--mode {eval,train,restore,export}",
        "--blur_width",
    ):
        assert any(line.strip().startswith(words) for line in text), words
    assert [group for group in groups if "seed" in groups[group]] == ["train"]
    assert sorted(groups["export"]) == ["output", "overwrite"]


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("--bakbone=idn", "Unknown command line flag 'bakbone'. Did you mean: backbone ?"),
        ("--backbone=edsr", "--backbone=edsr: value should be one of <vdsr|drrn|idn|vespcn>"),
        ("--scale=5", "--scale=5: value should be one of <2|3|4>"),
        ("--method=best", "--method=best: value should be one of <reference|joint|zero_shot|dlnet|dlnet_gradient>"),
        ("--mode=test", "--mode=test: value should be one of <eval|train|restore|export>"),
        ("--blur_width=nan", "--blur_width=nan: expected a number >= 0"),
        ("--blur_width=-0.5", "--blur_width=-0.5: expected a number >= 0"),
        ("--blur_width=inf", "--blur_width=inf: expected a number >= 0"),
        ("--blur_width=wide", "--blur_width=wide: expected a number >= 0 or auto"),
        ("--mode=restore --sweep --sweep_at=3", "expected two whole numbers X,Y"),
        ("--mode=restore --sweep --sweep_at=3,-4", "expected two whole numbers X,Y"),
        ("--mode=restore --sweep_at=3,4", "sweep_at: found without --sweep"),
        ("--sweep", "--sweep: found with --mode=eval, expected with restore only"),
        ("--step_size=nan", "--step_size=nan: expected a number >= 0"),
        ("--learning_rate=nan", "--learning_rate=nan: expected a number >= 0"),
        ("--num_steps=0", "--num_steps=0"),
        ("--batch_size=0", "--batch_size=0"),
        ("--train_steps=many", "--train_steps=many"),
        ("photo.png", "found 'photo.png', expected flags only"),
        ("--blur_width=1", "--blur_width: found with --mode=eval, expected with restore only"),
        ("--seed=0", "--seed: found with --mode=eval, expected with train only"),
        ("--noresume", "--resume: found with --mode=eval, expected with train only"),
        ("--mode=restore --data_dir=data", "--data_dir: found with --mode=restore, expected with eval or train only"),
        ("--mode=train --overwrite", "--overwrite: found with --mode=train, expected with eval or restore or export"),
        ("--mode=train --method=joint --num_steps=5", "a plain network takes no steps"),
    ],
)
def test_flags_are_refused_in_one_line(flag, words, tmp_path):
    done = script(*flag.split(), cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("run_sisr.py: ") and words in done.stderr and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_after_tensorflow_was_imported_is_one_line_too(tmp_path):
    done = script("--mode=restore", "--input=missing.png", "--output=x.png", cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == "" and list(tmp_path.iterdir()) == []
    assert done.stderr == "run_sisr.py: --input=missing.png: no such file or folder\n"


@pytest.mark.parametrize("package", ["absl", "tensorflow", "cv2"])
def test_an_environment_without_the_packages_is_told_where_they_are(package, tmp_path):
    code = (
        f"import runpy, sys; sys.modules[{package!r}] = None\n"
        f"sys.argv = ['run_sisr.py']; sys.path.insert(0, {str(ROOT)!r})\n"
        f"runpy.run_path({str(ROOT / 'run_sisr.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
    assert f"run_sisr.py: found no package '{package}'" in done.stderr and "`make sisr` installs" in done.stderr


def test_the_methods_networks_and_magnifications_are_those_of_the_package():
    assert choices("run_sisr", "method") == with_dlnets(TASKS["sisr"].methods)
    scaled = {name for name, network in BACKBONES.items() if "scale" in inspect.signature(network).parameters}
    assert set(choices("run_sisr", "backbone")) == scaled
