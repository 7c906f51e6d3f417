"""However a batch is spread over replicas, the same is learned."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.training.strategies import make_strategy

ROOT = pathlib.Path(__file__).resolve().parents[2]


def launch(folder, *names, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.training.distributed_worker", str(folder), *names],
        cwd=ROOT,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(*processes):
    try:
        for process in processes:
            output, _ = process.communicate(timeout=240)
            assert process.returncode == 0, output[-3000:]
    finally:
        for process in processes:
            process.kill()


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def assert_close(a, b):
    with np.load(a / "state.npz") as one, np.load(b / "state.npz") as other:
        assert one.files == other.files
        assert one["optimizer/0000"] == other["optimizer/0000"] == 5
        for name in one.files:
            if name != "notes":
                rtol = 0 if name.startswith("model/") else 1e-3
                np.testing.assert_allclose(one[name], other[name], rtol=rtol, atol=1e-5, err_msg=name)


def test_strategies_go_by_name():
    assert make_strategy("none") is tf.distribute.get_strategy()
    assert isinstance(make_strategy("mirrored"), tf.distribute.MirroredStrategy)


@pytest.mark.slow
def test_two_replicas_and_two_resumed_workers_learn_what_one_device_learns(tmp_path):
    finish(launch(tmp_path, "none", "mirrored"))
    workers = [f"127.0.0.1:{port}" for port in free_ports(2)]
    tasks = [{"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}} for index in (0, 1)]
    finish(*(launch(tmp_path, "multiworker", TF_CONFIG=json.dumps(task)) for task in tasks))
    for num_steps in (1, 3):
        alone = tmp_path / f"none{num_steps}"
        assert_close(alone, tmp_path / f"mirrored{num_steps}")
        assert_close(alone, tmp_path / f"multiworker{num_steps}")
        # One writer before the interruption and one after it.
        for name, writers in {"none": 1, "mirrored": 1, "multiworker": 2}.items():
            assert len(list((tmp_path / f"{name}{num_steps}" / "logs").iterdir())) == writers
