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

from dlnet_tf.data.datasets import load_dataset
from tests import stand_in
from tests.training.events import read_events

ROOT = pathlib.Path(__file__).resolve().parents[2]
STEPS = 150


SISR = ("run_sisr", "--method=dlnet_gradient", "--num_steps=3")


def start(command, data, folder, *flags):
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    settings = ["--mode=train", f"--train_steps={STEPS}", "--seed=4", f"--data_dir={data}", f"--output_dir={folder}"]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.training.resumable_run", *command, *settings, *flags],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stop_at_random(command, data, folder, number, *flags, file="state.npz"):
    """Send a signal a moment after a file of the run was written anew; returns (exit code, standard output)."""
    state = folder / file
    before = state.stat().st_mtime_ns if state.exists() else 0
    process = start(command, data, folder, *flags)
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


def finish(process):
    _, errors = process.communicate(timeout=180)
    assert errors == ""


def contents(folder):
    with np.load(folder / "state.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    notes = json.loads(arrays.pop("notes").tobytes())
    del notes["seconds"]
    return arrays, notes


def assert_same(found_folder, expected_folder):
    """States to the bit, and what a run notes but for its clock."""
    (found, found_notes), (expected, expected_notes) = contents(found_folder), contents(expected_folder)
    assert found_notes == expected_notes and len(found_notes["history"]) == -(-STEPS // 9)
    assert found.keys() == expected.keys() and expected["optimizer/0000"] == STEPS
    for name, value in expected.items():
        assert value.tobytes() == found[name].tobytes(), name


@pytest.mark.slow
def test_a_killed_and_resumed_run_ends_with_the_same_bits(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for index in range(3):
        cv2.imwrite(str(data / f"{index}.png"), stand_in.photograph(index))
    stand_in.idn().save(data / "idn_x3_reference.keras")
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    finish(start(SISR, data, whole))

    # Before TensorFlow is loaded there can be no state.
    process = start(SISR, data, cut, "--resume")
    time.sleep(0.5)
    process.kill()
    process.communicate()
    assert not cut.exists()

    # How far each start came.
    steps = []
    for number in (signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGKILL):
        code, output = stop_at_random(SISR, data, cut, number, "--resume")
        arrays, _ = contents(cut)
        steps.append(int(arrays["optimizer/0000"]))
        if number == signal.SIGINT:
            assert code == 130 and f"stopped at step {steps[-1]}; --resume goes on from there" in output
        else:
            assert code == -signal.SIGKILL
    # The first state is written before the first step.
    assert 0 <= steps[0] < steps[1] < steps[2] < steps[3] < STEPS, steps
    finish(start(SISR, data, cut, "--resume"))

    assert_same(cut, whole)
    # The best model too, and the card but for its clock and command.
    weights = [zipfile.ZipFile(f / "idn_x3_dlnet_gradient.keras").read("model.weights.h5") for f in (whole, cut)]
    assert weights[0] == weights[1]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["on_demand", "multitask"])
def test_what_a_method_learns_beside_the_model_outlives_a_kill(tmp_path, method):
    data, whole, cut = tmp_path / "data", tmp_path / "whole", tmp_path / "cut"
    stand_in.image_set(data / "celeba64")
    # Else two processes would build the cache at a time, and one would say that it waits.
    load_dataset("celeba", data)
    command = ("run_inpaint", "--task=interp", f"--method={method}", "--checkpoint=none", "--batch_size=12")
    uninterrupted = start(command, data, whole)
    # The card is written at the first validation.
    card = f"interp_celeba_{method}.md"
    code, _ = stop_at_random(command, data, cut, signal.SIGKILL, "--resume", file=card)
    arrays, _ = contents(cut)
    assert code == -signal.SIGKILL and 8 <= arrays["optimizer/0000"] < STEPS
    finish(start(command, data, cut, "--resume"))
    finish(uninterrupted)
    assert_same(cut, whole)
    if method == "on_demand":
        # Two of twelve are left over: for the first ones to begin with, then for those that are restored worst.
        quotas = [read_events(whole / "logs")[f"quota/subtask{number}"] for number in range(1, 6)]
        assert any([quota[step] for quota in quotas] != [3, 3, 2, 2, 2] for step in quotas[0] if step < STEPS)
    else:
        assert np.ptp(contents(whole)[0]["objective/0000"]) > 0
