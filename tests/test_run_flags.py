"""Help of the command line."""

import subprocess
import sys

import pytest

from tests.command_line import ENVIRONMENT, ROOT, read_help, script

SCRIPTS = ("run_sisr", "run_inpaint")


def printed(code):
    """What a process of its own prints, as lines: flags are defined once in each."""
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_help_of_one_mode_fits_a_screen_and_has_all_its_flags(name):
    _, groups = read_help(name)
    for mode in ("eval", "train", "restore", "export"):
        text = script(name, "--help", "--mode", mode).stdout
        assert text == script(name, f"--mode={mode}", "--help").stdout
        lines = text.splitlines()
        assert len(lines) <= 45
        assert [line for line in lines if line.endswith(":") and line[0] != " "] == [f"{mode}:", "every mode:"]
        listed = {line.split()[0].replace("--", "").replace("[no]", "") for line in lines if line.startswith("  --")}
        assert listed == {*groups["every mode"], *groups[mode]}
        examples = [line for line in lines if line.startswith("python ")]
        assert len(examples) == 1 and (f"--mode {mode} " in examples[0] or mode == "eval")


def test_a_reader_that_leaves_is_no_error():
    command = f"{sys.executable} -u {ROOT / 'run_sisr.py'} --help | head -c 1"
    done = subprocess.run(["sh", "-c", command], env=ENVIRONMENT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("E", "")


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        (
            "run_sisr",
            [f"options.{mode}Options" for mode in ("Eval", "Train", "Export")]
            + ["experiments.super_resolution.options.Enlargement"],
        ),
        (
            "run_inpaint",
            [
                f"experiments.inpainting.options.{kind}"
                for kind in ("InpaintingComparison", "InpaintingTraining", "Filling")
            ],
        ),
    ],
)
def test_flags_that_are_not_given_are_the_options_own_defaults(name, kinds):
    code = (
        f"import importlib, sys; sys.path.insert(0, {str(ROOT)!r}); import {name}, run_flags\n"
        "run_flags.parse(['script'])\n"
        f"for path in {kinds!r}:\n"
        "    module, _, kind = f'dlnet_tf.{path}'.rpartition('.')\n"
        "    kind = getattr(importlib.import_module(module), kind)\n"
        "    found, own = vars(run_flags.options_of(kind)), vars(kind())\n"
        "    print(path, {key for key in own if found[key] != own[key]} - {'command'})\n"
    )
    assert printed(code) == [f"{kind} set()" for kind in kinds]


def test_options_hold_numbers_and_paths():
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import run_sisr, run_flags\n"
        "from dlnet_tf.experiments.super_resolution.options import Enlargement, SRChoice, SRComparison\n"
        "def given(kind, *names, flags):\n"
        "    for flag in run_flags.FLAGS:\n"
        "        run_flags.FLAGS[flag].unparse()\n"
        "    run_flags.parse(['script', *flags.split()])\n"
        "    options = run_flags.options_of(kind)\n"
        "    print(*(repr(getattr(options, name)) for name in names))\n"
        "flags = '--mode=restore --blur_width=1 --noise_sigma=auto --sweep --sweep_at=3,04 --input=./a/ --output=b/'\n"
        "given(Enlargement, 'blur_width', 'noise_sigma', 'sweep_at', 'input', 'output', flags=flags)\n"
        "given(Enlargement, 'output', flags='--mode=restore --output=')\n"
        "given(SRComparison, 'noise_sigma', 'report', flags='--mode=eval --noise_sigma=.05 --report=x.json')\n"
        "given(SRChoice, 'mode', 'backbone', 'scale', flags='--scale=2')\n"
    )
    assert printed(code) == [
        "1.0 'auto' (3, 4) './a/' PosixPath('b')",
        "None",
        "0.05 PosixPath('x.json')",
        "'eval' 'idn' 2",
    ]
