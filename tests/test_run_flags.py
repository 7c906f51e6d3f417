"""Help of the command line."""

import subprocess
import sys

import pytest

from tests.command_line import ENVIRONMENT, ROOT, read_help, script

SCRIPTS = ("run_sisr", "run_inpaint")


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_help_of_one_mode_fits_a_screen_and_has_all_its_flags(name):
    _, groups = read_help(name)
    for mode in ("eval", "train", "restore", "export"):
        text = script(name, "--help", "--mode", mode).stdout
        assert text == script(name, f"--mode={mode}", "--help").stdout
        lines = text.splitlines()
        assert len(lines) <= 45
        assert [line for line in lines if line.endswith(":") and line[0] != " "] == ["every mode:", f"{mode}:"]
        listed = {line.split()[0].replace("--", "").replace("[no]", "") for line in lines if line.startswith("  --")}
        assert listed == {*groups["every mode"], *groups[mode]}
        examples = [line for line in lines if line.startswith("python ")]
        assert len(examples) == 1 and (f"--mode {mode} " in examples[0] or mode == "eval")


def test_a_reader_that_leaves_is_no_error():
    command = f"{sys.executable} -u {ROOT / 'run_sisr.py'} --help | head -c 1"
    done = subprocess.run(["sh", "-c", command], env=ENVIRONMENT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("S", "")
