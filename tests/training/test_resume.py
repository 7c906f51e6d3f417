"""Interrupted at any moment and resumed, a run ends with the bits of an uninterrupted one; a short `make soak`."""

import random
import resource
import signal
import subprocess

import numpy as np
import pytest

from tests.training.events import read_events
from tests.training.processes import MULTITASK, ON_DEMAND, SISR, contents, finish, flags, make_data
from tools.soak import Cut, assert_same

STEPS = 60


@pytest.fixture
def data(tmp_path):
    return make_data(tmp_path / "data")


def interrupt(process):
    process.send_signal(signal.SIGINT)


def fill_disk(process):
    """Let no file of the process grow any further, as on a full disk: neither its state nor the events."""
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (100, 100))


@pytest.mark.slow
def test_a_run_that_is_killed_stopped_and_out_of_room_ends_with_the_same_bits(tmp_path, start, data):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    uninterrupted = start(*SISR, *flags(data, whole, STEPS))
    run = Cut(start, [*SISR, *flags(data, cut, STEPS, "--resume")], cut, STEPS, tmp_path / "phases")
    # Before TensorFlow is loaded there can be no state.
    assert run.stop_early(0.5)[1] == "start" and not cut.exists()
    # How far each start came; the first state is written before the first step.
    steps = [0]
    for hit, code, words in (
        (subprocess.Popen.kill, -signal.SIGKILL, None),
        (interrupt, 130, "stopped at step {}; give --resume to continue\n"),
        (fill_disk, 2, "cannot be written (File too large)\n"),
    ):
        # A step with its writing takes some 20 ms: any part of one may be hit.
        process, _ = run.stop(12, random.uniform(0.0, 0.1), hit)
        output, errors = process.communicate()
        steps.append(run.done())
        assert steps[-2] + 11 <= steps[-1] < STEPS, steps
        assert process.returncode == code
        if words:
            assert (output if hit is interrupt else errors).endswith(words.format(steps[-1])), (output, errors)
            assert errors.count("\n") == (0 if hit is interrupt else 1), errors
    finish(uninterrupted, start(*run.arguments))
    assert_same(cut, whole, STEPS)


@pytest.mark.slow
def test_what_a_method_learns_beside_the_model_outlives_a_kill(tmp_path, start, data):
    commands = {"on_demand": ON_DEMAND, "multitask": MULTITASK}

    def of_both(kind, *others):
        first, second = (
            flags(data, tmp_path / f"{name}_{kind}", STEPS, *others, *command[1:]) for name, command in commands.items()
        )
        return start("run_inpaint", *first, "+", *second)

    uninterrupted = of_both("whole")
    for name, command in commands.items():
        cut = tmp_path / f"{name}_cut"
        run = Cut(start, [*command, *flags(data, cut, STEPS, "--resume")], cut, STEPS, tmp_path / "phases")
        # After the second validation; the quotas of on-demand learning are then others than at first.
        process, _ = run.stop(20, random.uniform(0.0, 0.1))
        assert process.returncode == -signal.SIGKILL and 19 <= run.done() < STEPS
    finish(uninterrupted, of_both("cut", "--resume"))
    for name in commands:
        assert_same(tmp_path / f"{name}_cut", tmp_path / f"{name}_whole", STEPS)
    # Two of twelve are left over: for the first ones to begin with, then for those that are restored worst.
    quotas = [read_events(tmp_path / "on_demand_whole" / "logs")[f"quota/subtask{number}"] for number in range(1, 6)]
    assert any([quota[step] for quota in quotas] != [3, 3, 2, 2, 2] for step in quotas[0] if step < STEPS)
    assert np.ptp(contents(tmp_path / "multitask_whole")[0]["objective/0000"]) > 0
