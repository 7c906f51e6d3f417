"""Side by side with PyTorch: the same network, the same module, the same weights, restoring and training.

python -m benchmarks.peers                    a table
python -m benchmarks.peers --json FILE.json   the numbers too

Needs `pip install -r requirements-peers.txt`. Either side runs in a process of its own with all cores, one after the
other by turns, so that neither's threads are in the other's way. PyTorch runs channels last, in inference mode, eager
and under torch.compile; before anything is measured both must give the same images.
"""

from __future__ import annotations

import functools
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from benchmarks.pairing import median, ratio, seconds, turns
from benchmarks.recording import machine, parser, table, write

BATCH = 100
CASES = [("none", 1), ("adam", 5), ("gradient", 5)]
Key = tuple[str, str, int, str]  # work, rule, K, precision


def _keys() -> list[Key]:
    restoring = [("restoring", *case, precision) for case in CASES for precision in ("float32", "bfloat16")]
    return [*restoring, *(("training", *case, "float32") for case in CASES)]


def _ours(weights: list[np.ndarray]) -> Callable[[Key], Callable[[], Any]]:
    from benchmarks.networks import batch_of, build, restoring, training

    inputs, clean = batch_of("autoencoder", BATCH)

    def make(key: Key) -> Callable[[], Any]:
        work, rule, num_steps, precision = key
        policy = "float32" if precision == "float32" else "mixed_bfloat16"
        model = build("autoencoder", num_steps, rule, policy, trained=work == "training")
        model.backbone.set_weights(weights)
        return restoring(model, inputs) if work == "restoring" else training(model, inputs, clean)

    return make


def _theirs(weights: list[np.ndarray], compiled: bool) -> Callable[[Key], Callable[[], Any]]:
    import torch

    from benchmarks.networks import batch_of, build
    from benchmarks.torch_peer import Autoencoder, loss_of_step, restore

    model = build("autoencoder", 1).backbone
    model.set_weights(weights)
    network = Autoencoder()
    network.load_from_keras(model)
    network = network.to(memory_format=torch.channels_last)
    inputs, clean = batch_of("autoencoder", BATCH)

    def image(array: Any) -> torch.Tensor:
        return torch.from_numpy(array.numpy()).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)

    y, mask, x = image(inputs["degraded"]), image(inputs["mask"]), image(clean)
    wrap: Any = torch.compile if compiled else lambda function: function

    def make(key: Key) -> Callable[[], Any]:
        work, rule, num_steps, precision = key
        if work == "training":
            step = wrap(loss_of_step)
            return lambda: float(step(network.train(), y, mask, x, num_steps, rule))
        run = wrap(restore)

        def call() -> Any:
            with torch.inference_mode():
                restored = run(network.eval(), y, mask, num_steps, rule, precision != "float32")
            return restored.permute(0, 2, 3, 1).numpy()

        return call

    return make


def _work(side: str, weights: list[np.ndarray], pipe: Connection) -> None:
    """Serve one side: a key is answered with the seconds of a call; ("images", key) with what it gives."""
    make = _ours(weights) if side == "dlnet_tf" else _theirs(weights, side == "torch.compile")
    calls: dict[Key, Callable[[], Any]] = {}
    while message := pipe.recv():
        images = message[0] == "images"
        key = message[1] if images else message
        if key not in calls:
            calls[key] = make(key)
        pipe.send(calls[key]() if images else seconds(calls[key]))


def main() -> None:
    """Measure and print."""
    options = parser(__doc__ or "", rounds=7).parse_args()
    from benchmarks.networks import build

    network = build("autoencoder", 1).backbone
    random = np.random.default_rng(0)
    # Statistics like those of a trained network, so that z is neither dead nor huge.
    scaled = ("gamma", "moving_variance")
    weights = [
        array * random.uniform(0.5, 1.5) if variable.name in scaled else array
        for variable, array in zip(network.variables, network.get_weights(), strict=True)
    ]
    context = multiprocessing.get_context("spawn")
    pipes = {}
    for side in ("dlnet_tf", "torch", "torch.compile"):
        pipes[side], theirs = context.Pipe()
        context.Process(target=_work, args=(side, weights, theirs), daemon=True).start()
        theirs.close()  # so that a worker's death is noticed

    def ask(side: str, message: Any) -> Any:
        pipes[side].send(message)
        return pipes[side].recv()

    for rule, num_steps in CASES:
        key = ("restoring", rule, num_steps, "float32")
        images = {side: ask(side, ("images", key)) for side in pipes}
        for side in ("torch", "torch.compile"):
            # Adam's first step is a sign: rounding can flip an element.
            difference = np.quantile(np.abs(images[side] - images["dlnet_tf"]), 0.999)
            if difference > 1e-3:
                raise SystemExit(f"{side}: images differ by {difference:.2g} from ours with {rule}, K = {num_steps}")
    rows = []
    for key in _keys():
        times = turns({side: functools.partial(ask, side, key) for side in pipes}, options.rounds)
        best = min(("torch", "torch.compile"), key=lambda side: median(times[side]))
        work, rule, num_steps, precision = key
        row = {"work": work, "rule": rule, "K": num_steps, "g": precision}
        row |= {side: BATCH / median(times[side]) for side in pipes}
        rows.append(row | {"ours / better": ratio(times, best, "dlnet_tf")})
    for pipe in pipes.values():
        pipe.send(None)
    print(machine())
    print("images/s")
    columns = {"work": "", "rule": "", "K": "d", "g": "", "dlnet_tf": ".0f", "torch": ".0f", "torch.compile": ".0f"}
    print(table(rows, columns | {"ours / better": ".2f"}))
    write(options.json, rows)


if __name__ == "__main__":
    main()
