"""Killed at any moment and resumed, a run ends with the bits of an uninterrupted one."""

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import zipfile

import cv2
import numpy as np
import pytest

from tests import stand_in

ROOT = pathlib.Path(__file__).resolve().parents[2]
STEPS = 150


def start(data, folder, *flags):
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    settings = ["--mode=train", "--method=dlnet_gradient", "--num_steps=3", f"--train_steps={STEPS}", "--seed=4"]
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.training.resumable_run",
            *settings,
            f"--data_dir={data}",
            f"--output_dir={folder}",
        ]
        + list(flags),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stop_at_random(data, folder, number, *flags):
    """Send a signal a moment after the state was written anew; returns (exit code, standard output)."""
    state = folder / "state.npz"
    before = state.stat().st_mtime_ns if state.exists() else 0
    process = start(data, folder, *flags)
    deadline = time.monotonic() + 120
    while not (state.exists() and state.stat().st_mtime_ns > before):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    # A step with its writing takes some 20 ms: the signal may hit any part of one.
    time.sleep(random.uniform(0.0, 0.4))
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


def finish(data, folder, *flags):
    output, errors = start(data, folder, *flags).communicate(timeout=180)
    assert errors == ""
    return output


def contents(folder):
    with np.load(folder / "state.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    notes = json.loads(arrays.pop("notes").tobytes())
    del notes["seconds"]
    return arrays, notes


@pytest.mark.slow
def test_a_killed_and_resumed_run_ends_with_the_same_bits(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for index in range(3):
        cv2.imwrite(str(data / f"{index}.png"), stand_in.photograph(index))
    stand_in.idn().save(data / "idn_x3_reference.keras")
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    finish(data, whole)

    # Before TensorFlow is loaded there can be no state.
    process = start(data, cut, "--resume")
    time.sleep(0.5)
    process.kill()
    process.communicate()
    assert not cut.exists()

    # How far each start came.
    steps = []
    for number in (signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGKILL):
        code, output = stop_at_random(data, cut, number, "--resume")
        arrays, _ = contents(cut)
        steps.append(int(arrays["optimizer/0000"]))
        if number == signal.SIGINT:
            assert code == 130 and f"stopped at step {steps[-1]}; --resume goes on from there" in output
        else:
            assert code == -signal.SIGKILL
    # The first state is written before the first step.
    assert 0 <= steps[0] < steps[1] < steps[2] < steps[3] < STEPS, steps
    finish(data, cut, "--resume")

    (expected, expected_notes), (found, found_notes) = contents(whole), contents(cut)
    assert found_notes == expected_notes and len(found_notes["history"]) == -(-STEPS // 9)
    assert found.keys() == expected.keys() and expected["optimizer/0000"] == STEPS
    for name, value in expected.items():
        assert value.tobytes() == found[name].tobytes(), name
    # The best model too, and the card but for its clock and command.
    weights = [zipfile.ZipFile(f / "idn_x3_dlnet_gradient.keras").read("model.weights.h5") for f in (whole, cut)]
    assert weights[0] == weights[1]
