"""How much of the machine's convolution rate the networks reach, and how their time grows with the work.

python -m benchmarks.backbones                    two tables
python -m benchmarks.backbones --json FILE.json   the numbers too

The machine's rate is that of a chain of eight 3 x 3 convolutions of 64 channels in the same graph executor; the
networks' arithmetic is counted from their convolutions. Growth is the ratio of times for four times the pixels, four
times the images, and K = 9 against K = 5 counted in evaluations of h.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.networks import batch_of, build, restoring
from benchmarks.pairing import median, ratio, take_turns
from benchmarks.recording import machine, parser, table, write
from dlnet_tf.graph_mode import in_graph_mode

SIDE, BATCH = 96, 4


def _operations(model: keras.Model, pixels: int) -> int:
    """Count multiplications and additions of the convolutions at low resolution, for so many pixels."""
    kernels = [
        weight
        for weight in model.backbone.trainable_variables
        if len(weight.shape) == 4  # of a convolution [k, k, in, out], or of the upscaling one [k, k, out, in]
    ]
    return 2 * pixels * sum(int(np.prod(kernel.shape)) for kernel in kernels)


def _chain(dtype: str) -> tuple[Any, int]:
    """Return a call of eight convolutions and what it computes, in operations."""
    image = tf.random.stateless_normal((BATCH, SIDE, SIDE, 64), (0, 0))
    kernel = tf.cast(tf.random.stateless_normal((3, 3, 64, 64), (0, 1), 0.0, 0.05), dtype)

    @in_graph_mode
    def run(image: tf.Tensor) -> tf.Tensor:
        image = tf.cast(image, dtype)
        for _ in range(8):
            image = tf.nn.relu(tf.nn.conv2d(image, kernel, 1, "SAME"))
        return tf.reduce_sum(tf.cast(image, tf.float32))

    return lambda: float(run(image)), 8 * 2 * BATCH * SIDE * SIDE * 9 * 64 * 64


def main() -> None:
    """Measure and print."""
    options = parser(__doc__ or "", rounds=7).parse_args()
    rows, growth = [], []
    for precision in ("float32", "mixed_bfloat16"):
        chain, chain_operations = _chain(precision.removeprefix("mixed_"))
        runs, operations = {"chain": chain}, {"chain": chain_operations}
        for network in ("idn_x3", "vdsr_x3"):
            model = build(network, 1, precision=precision)
            inputs, _ = batch_of(network, BATCH, SIDE)
            runs[network] = restoring(model, inputs)
            operations[network] = _operations(model, BATCH * SIDE * SIDE)
        times = take_turns(runs, options.rounds)
        for name in runs:
            share = operations[name] / operations["chain"] / ratio(times, name, "chain")
            rate = operations[name] / median(times[name]) / 1e9
            rows.append({"what": name, "g": precision.removeprefix("mixed_"), "GFLOP/s": rate, "of the rate": share})
    for network, batch, side in (("autoencoder", 25, 0), ("idn_x3", 4, 40)):
        small, large = batch_of(network, batch, side)[0], batch_of(network, 4 * batch, side)[0]
        model, longer = build(network, 5), build(network, 9)
        plain = build(network, 1)
        runs = {"base": restoring(model, small), "batch": restoring(model, large), "K": restoring(longer, small)}
        runs["plain"] = restoring(plain, small)
        if network != "autoencoder":
            runs["pixels"] = restoring(model, batch_of(network, batch, 2 * side)[0])
        times = take_turns(runs, options.rounds)
        row = {"network": network, "batch x4": ratio(times, "batch", "base") / 4}
        # The time beyond g and the first h, for 8 updates against 4.
        beyond = {name: median(times[name]) - median(times["plain"]) for name in ("base", "K")}
        row["updates x2"] = beyond["K"] / beyond["base"] / 2
        if "pixels" in runs:
            row["pixels x4"] = ratio(times, "pixels", "base") / 4
        growth.append(row)
    print(machine())
    print(table(rows, {"what": "", "g": "", "GFLOP/s": ".0f", "of the rate": ".0%"}))
    print("\nTime against the same multiple of the time (1 = linear):\n")
    print(table(growth, {"network": "", "batch x4": ".2f", "updates x2": ".2f", "pixels x4": ".2f"}))
    write(options.json, rows + growth)


if __name__ == "__main__":
    main()
