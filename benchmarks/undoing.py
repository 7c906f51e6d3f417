"""What undoing the blur costs: the reference IDN x3 wrapped, plain steps against a start and damped ones.

python -m benchmarks.undoing                    a table
python -m benchmarks.undoing --json FILE.json   the numbers too

K = 5, one image of luminance, its sides in degraded pixels; a round is one image of each.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from benchmarks.pairing import machine, median, parser, ratio, table, take_turns, write
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.likelihood import DLNet, GradientUpdate, NeutralStart
from dlnet_tf.restoration import Restorer

SIDES = (128, 256, 512)
WAYS: dict[str, tuple[str | None, NeutralStart | str | None]] = {
    "plain": (None, None),
    "damped steps": ("auto", None),
    "start and damped steps": ("auto", "auto"),
}


def main() -> None:
    """Measure and print."""
    options = parser(__doc__ or "", rounds=7).parse_args()
    experiment = SuperResolution("idn", 3)
    network = experiment.load_shipped("reference")
    restorers = {
        name: Restorer(DLNet(network, experiment.degradation, update=GradientUpdate(damping=damping), start=start))
        for name, (damping, start) in WAYS.items()
    }
    rows: list[dict[str, Any]] = []
    for side in SIDES:
        y = np.random.default_rng(0).random((1, side, side, 1), "float32")
        told = y, np.array([1.3], "float32")
        times = take_turns(
            {name: functools.partial(restorer, *told) for name, restorer in restorers.items()}, options.rounds
        )
        for name in WAYS:
            cost = ratio(times, name, "plain")
            rows.append({"pixels": f"{side} x {side}", "way": name, "s": median(times[name]), "times plain": cost})
    print(machine())
    print(table(rows, {"pixels": "", "way": "", "s": ".2f", "times plain": ".2f"}))
    write(options.json, rows)


if __name__ == "__main__":
    main()
