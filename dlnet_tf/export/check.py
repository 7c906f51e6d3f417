"""Compare what was exported with the model itself, in a process that knows nothing of this package."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from dlnet_tf.degradations.parameter import Parameter, uniform
from dlnet_tf.errors import UsageError
from dlnet_tf.graph_mode import in_graph_mode
from dlnet_tf.likelihood.plain_network import described
from dlnet_tf.saved_model import Signature, Signatures
from dlnet_tf.tensors import Tensor

SECONDS = 300
# Batch, height and width in the check, where a model leaves them open.
OPEN = (2, 12, 9)

# argv: the SavedModel or .tflite file, a folder with an .npz file of inputs for each of its signatures.
FOREIGN = """
import os, pathlib, sys
import numpy as np, tensorflow as tf
exported, folder = sys.argv[1:]
saved = tf.saved_model.load(exported) if os.path.isdir(exported) else tf.lite.Interpreter(exported)
for path in sorted(pathlib.Path(folder).glob("*.npz")):
    with np.load(path) as file:
        inputs = dict(file)
    if os.path.isdir(exported):
        restored = saved.signatures[path.stem](**{name: tf.constant(value) for name, value in inputs.items()})
    else:
        restored = saved.get_signature_runner(path.stem)(**inputs)
    np.save(path.with_suffix(".npy"), restored["restored"])
if "dlnet_tf" in sys.modules:
    sys.exit("dlnet_tf was imported")
"""


def check_written(model: keras.Model, path: pathlib.Path, signatures: Signatures) -> float:
    """Compare what was exported with the model, on the CPU, a small batch for each signature.

    Args:
        model: a backbone or a DL-Net.
        path: its SavedModel or `.tflite` file.
        signatures: by name, the shapes of the inputs by name.

    Returns:
        The largest difference of a pixel, of images in [0, 1].

    Raises:
        UsageError: it cannot be run, or differs by more than rounding explains.
    """
    network = described(model)
    examples = {name: _example(inputs, network.parameters) for name, inputs in signatures.items()}
    # Where g is in half precision a graph rounds at other places than single calls.
    halves = any(part.compute_dtype != "float32" for part in network.backbone.layers)
    call = in_graph_mode(model) if halves else model
    largest = 0.0
    for name, restored in _run(path, examples).items():
        with tf.device("/CPU:0"):
            expected = np.asarray(call(examples[name], training=False))
        distance = np.abs(restored - expected)
        # LiteRT has no float64.
        in_float64 = path.is_dir()
        if not network.update.is_rounding(distance, in_float64):
            most = network.update.tolerance(in_float64)
            raise UsageError(
                f"{model.name}: found a difference of {distance.max():.1e} between signature {name} of the exported "
                f"model and the model itself, expected at most {most:g}; it was not written"
            )
        largest = max(largest, float(distance.max()))
    return largest


def _run(path: pathlib.Path, examples: Mapping[str, Mapping[str, Tensor]]) -> dict[str, np.ndarray]:
    """Return the restored images of every signature."""
    # Two processes that share a GPU would find its memory taken.
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    with tempfile.TemporaryDirectory() as folder:
        for name, inputs in examples.items():
            np.savez(pathlib.Path(folder, f"{name}.npz"), **inputs)
        command = [sys.executable, "-P", "-W", "ignore", "-c", FOREIGN, str(path.absolute()), folder]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise UsageError(f"{path}: did not answer within {SECONDS} s in a separate process") from None
        if done.returncode:
            reason = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
            raise UsageError(f"{path}: cannot be run in a separate process ({reason[:200]})")
        return {name: np.load(pathlib.Path(folder, f"{name}.npy")) for name in examples}


def _example(signature: Signature, parameters: Sequence[Parameter]) -> dict[str, np.ndarray]:
    """Draw inputs of these shapes, those of a degradation as it says, others in [0, 1)."""
    draws = {parameter.name: parameter.example for parameter in parameters}
    image = signature["degraded"] if "degraded" in signature else next(iter(signature.values()))
    # A mask has the size of its image.
    batch, height, width = (n or free for n, free in zip(image.shape, OPEN, strict=False))
    random = np.random.default_rng(0)
    inputs = {}
    for name, spec in signature.items():
        sizes = (batch, height, width) if len(spec.shape) == 4 else (batch, 5, 5)
        shape = tuple(size if n is None else n for n, size in zip(spec.shape, (*sizes, 1), strict=False))
        inputs[name] = draws.get(name, uniform)(random, shape).astype(np.float32)
    return inputs
