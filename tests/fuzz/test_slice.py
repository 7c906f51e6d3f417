"""A short slice of `make fuzz`, and that the rules it checks can be broken."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tools.fuzz import run


@pytest.mark.slow
def test_random_inputs_break_no_rule():
    facts = list(run(cases=300, seed=20240, bombs=False))
    assert [fact["case"] for fact in facts] == list(range(300))
    assert not [fact for fact in facts if fact["wrong"]]
    assert {fact["outcome"] for fact in facts} == {"accepted", "refused"}


# What an audit hook sees it sees for the rest of the process.
BROKEN = """
import json, os, pathlib, pickle, subprocess, sys, time
from tests.fuzz import worker
from dlnet_tf.errors import UsageError

class Reduced:
    def __reduce__(self):
        return print, ()

def refuse(line):
    raise UsageError(line)

def spend(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

worker.MAX_SECONDS = 0.5
outside, inside = pathlib.Path(sys.argv[1], "outside"), pathlib.Path(sys.argv[1], "inside")
watch = worker.Watch(inside)
cases = {
    "well": lambda: (inside / "x").write_bytes(b"x"),
    "refused": lambda: refuse("x.png: broken"),
    "traceback": lambda: {}["x"],
    "exit": lambda: sys.exit(1),
    "two lines": lambda: refuse("a\\nb"),
    "no line": lambda: refuse(""),
    "written": lambda: outside.write_bytes(b"x"),
    "removed": lambda: outside.unlink(),
    "started": lambda: subprocess.run(["true"]),
    "unpickled": lambda: pickle.loads(pickle.dumps(Reduced())),
    "slow": lambda: spend(0.7),
    "large": lambda: len(bytearray(b"x") * (worker.MAX_MEMORY + 2**26)),
}
inside.mkdir()
worker.forget_peak()
base = worker.peak()
found = {name: worker.attempt(watch, lambda run: run(), run, base) for name, run in cases.items()}
print(json.dumps(found))
"""


def test_every_rule_can_be_broken(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", BROKEN, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.pop("well")[:2] == ["accepted", None] and found.pop("refused")[:2] == ["refused", None]
    words = {
        "traceback": "KeyError",
        "exit": "SystemExit",
        "two lines": "no line",
        "no line": "no line",
        "written": "open .*outside",
        "removed": "os.remove .*outside",
        "started": "subprocess.Popen",
        "unpickled": "pickle.find_class",
        "slow": r"\d\.\d s",
        "large": "MiB above the process",
    }
    for name, (_, wrong, *_rest) in found.items():
        assert wrong and re.search(words[name], wrong), (name, wrong)
