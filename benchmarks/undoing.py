"""What undoing the blur costs: the reference IDN x3 wrapped, plain steps against a start and damped ones.

python -m benchmarks.undoing                    a table
python -m benchmarks.undoing --json FILE.json   the numbers too

K = 5; restoring one image of luminance, its sides in degraded pixels, the largest one in tiles and three times only,
and a training step of 16 patches of 40 x 40.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from benchmarks.networks import batch_of, training
from benchmarks.pairing import median, ratio, take_turns
from benchmarks.recording import machine, parser, table, write
from dlnet_tf.degradations import Degradation
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.likelihood import DLNet, GradientUpdate, NeutralStart
from dlnet_tf.restoration import Restorer, super_resolve

SIDES = (128, 256, 512)
LARGEST = 2048
IN_TILES = f"restoring {LARGEST} x {LARGEST}"
WAYS: dict[str, tuple[str | None, NeutralStart | str | None]] = {
    "plain": (None, None),
    "damped steps": ("auto", None),
    "start and damped steps": ("auto", "auto"),
}


def wrapped(network: keras.Model, degradation: Degradation, way: str) -> DLNet:
    """Make a DL-Net of the network that undoes the blur in one of the ways."""
    damping, start = WAYS[way]
    return DLNet(network, degradation, update=GradientUpdate(damping=damping), start=start)


def works() -> dict[str, dict[str, Callable[[], Any]]]:
    """Return what is timed: for each work, a call for each way."""
    experiment = SuperResolution("idn", 3)
    network = experiment.load_shipped("reference")
    models = {way: wrapped(network, experiment.degradation, way) for way in WAYS}
    restorers = {way: Restorer(model) for way, model in models.items()}
    found: dict[str, dict[str, Callable[[], Any]]] = {}
    for side in SIDES:
        told = np.random.default_rng(0).random((1, side, side, 1), "float32"), np.array([1.3], "float32")
        found[f"restoring {side} x {side}"] = {way: functools.partial(restorers[way], *told) for way in WAYS}
    photograph = np.random.default_rng(0).integers(0, 256, (LARGEST, LARGEST), np.uint8)
    found[IN_TILES] = {
        way: functools.partial(super_resolve, restorers[way], photograph, 3, blur_width=1.3) for way in WAYS
    }
    inputs, clean = batch_of("idn_x3", 16)
    found["training step"] = {way: training(model, inputs, clean) for way, model in models.items()}
    return found


def main() -> None:
    """Measure and print."""
    options = parser(__doc__ or "", rounds=7).parse_args()
    rows: list[dict[str, Any]] = []
    for work, calls in works().items():
        times = take_turns(calls, min(3, options.rounds) if work == IN_TILES else options.rounds)
        for way in WAYS:
            rows.append({"work": work, "way": way, "s": median(times[way]), "times plain": ratio(times, way, "plain")})
    print(machine())
    print(table(rows, {"work": "", "way": "", "s": ".2f", "times plain": ".2f"}))
    write(options.json, rows, ["idn_x3_reference"])


if __name__ == "__main__":
    main()
