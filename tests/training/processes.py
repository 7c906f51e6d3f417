"""Runs of the scripts in processes of their own: started, spread over two workers, compared."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys

import cv2
import numpy as np

from dlnet_tf.data.datasets import load_dataset
from tests import stand_in

ROOT = pathlib.Path(__file__).resolve().parents[2]
SISR = ("run_sisr", "--method=dlnet_gradient", "--num_steps=2", "--average=0.9")
ON_DEMAND, MULTITASK = (
    ("run_inpaint", "--task=interp", f"--method={method}", "--checkpoint=none", "--batch_size=12")
    for method in ("on_demand", "multitask")
)


def make_data(folder):
    """Write what the commands above train on."""
    folder.mkdir()
    for index in range(3):
        # So large that a pixel that is rounded the other way is below a thousandth of a dB.
        cv2.imwrite(str(folder / f"{index}.png"), stand_in.photograph(index, 144, 135))
    stand_in.idn().save(folder / "idn_x3_reference.keras")
    stand_in.image_set(folder / "celeba64")
    # Else processes would build the cache at a time, and all but one would say that they wait.
    load_dataset("celeba", folder)
    return folder


def flags(data, folder, steps, *others):
    return [
        *("--mode=train", "--seed=4", f"--train_steps={steps}", f"--data_dir={data}", f"--output_dir={folder}"),
        *others,
    ]


@contextlib.contextmanager
def starter():
    """Yields what starts a command; all that was started is gone afterwards."""
    with contextlib.ExitStack() as stack:

        def start(*arguments, **environment):
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.training.resumable_run", *arguments],
                cwd=ROOT,
                env=os.environ | {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"} | environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            # Last in, first out: killed, then waited for.
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start


def two_workers():
    """TF_CONFIG of each of two workers on this machine."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    workers = [f"127.0.0.1:{s.getsockname()[1]}" for s in sockets]
    for s in sockets:
        s.close()
    tasks = [{"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}} for index in range(2)]
    return [json.dumps(task) for task in tasks]


def finish(*processes):
    """Wait for the end of all of them; returns what they printed."""
    outputs = []
    for process in processes:
        output, errors = process.communicate(timeout=240)
        assert (process.returncode, errors) == (0, ""), errors[-3000:]
        outputs.append(output)
    return outputs


def contents(folder):
    """(variables by name, notes but for the clock) of the state of a run."""
    with np.load(folder / "state.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    notes = json.loads(arrays.pop("notes").tobytes())
    del notes["seconds"]
    return arrays, notes
