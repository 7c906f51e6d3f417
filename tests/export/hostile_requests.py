"""Sends requests that a server may get to the signatures of SavedModels, and prints what comes of each.

python -m tests.export.hostile_requests FOLDER
"""

import json
import pathlib
import sys

import numpy as np
import tensorflow as tf


def tampered(inputs):
    """Yields a name and the inputs of each request: other ranks, sizes and numbers of samples, values of no image."""
    for name, value in inputs.items():
        shapes = {
            "a rank less": value[0],
            "a rank more": value[..., None],
            "a scalar": value.ravel()[0],
            "two of three samples": value[:2],
            "no sample": value[:0],
            "a column less": value[..., :-1, :] if value.ndim > 2 else value[:-1],
            "nothing in the rows": value[:, :0] if value.ndim > 1 else value[:0],
        }
        numbers = {str(number): np.full_like(value, number) for number in (np.nan, np.inf, 3e38, -1e30, 0)}
        for what, other in (shapes | numbers).items():
            yield f"{name}: {what}", inputs | {name: other}
    yield "no sample at all", {name: value[:0] for name, value in inputs.items()}


def main():
    folder = pathlib.Path(sys.argv[1])
    for path in sorted(folder.glob("*.npz")):
        served, signature = path.stem.split("-")
        serve = tf.saved_model.load(folder / served).signatures[signature]
        with np.load(path) as file:
            inputs = dict(file)
        before = serve(**{name: tf.constant(value) for name, value in inputs.items()})["restored"]
        for what, request in tampered(inputs):
            try:
                restored = serve(**{name: tf.constant(value) for name, value in request.items()})["restored"]
                answer = list(restored.shape)
            except tf.errors.InvalidArgumentError as error:
                answer = " ".join(error.message.split())
            print(json.dumps([f"{path.stem}, {what}", answer]), flush=True)
        after = serve(**{name: tf.constant(value) for name, value in inputs.items()})["restored"]
        print(json.dumps([f"{path.stem}, as before", bool((after.numpy() == before.numpy()).all())]), flush=True)


if __name__ == "__main__":
    main()
