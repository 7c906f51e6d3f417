"""Frames a second from 640 x 360 to 1280 x 720: VESPCN beside IDN frame by frame and beside bicubic, at K = 1 and 5.

python -m benchmarks.video                    a table
python -m benchmarks.video --json FILE.json   the numbers too

The luminance of one frame, with random weights, in float32, each DL-Net with its start where K > 1, as
`run_sisr.py --mode restore` calls it. The colours, the codec and the disk are not in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.pairing import median, ratio, take_turns
from benchmarks.recording import machine, parser, table, write
from dlnet_tf import DLNet
from dlnet_tf.backbones import BACKBONES
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.likelihood import GradientUpdate
from dlnet_tf.resize import imresize
from dlnet_tf.restoration import Restorer
from dlnet_tf.restoration.clips import FrameRestorer
from dlnet_tf.restoration.tiles import cut

SCALE, SIZE = 2, (360, 640)
BLUR = {"blur_width": 1.3}


def _restoring(backbone: str, num_steps: int) -> tuple[Callable[[], Any], int]:
    """Return a call that enlarges a frame, and the number of parameters."""
    start = "auto" if num_steps > 1 else None
    network = BACKBONES[backbone](scale=SCALE)
    model = DLNet(network, BlurDownsample(SCALE), num_steps, GradientUpdate(0.1), start=start)
    restorer = Restorer(model)
    enlarge = FrameRestorer(restorer, SCALE, cut(restorer.model, SIZE, 1, SCALE, 2.0, BLUR), BLUR)
    random = np.random.default_rng(0)
    luma, neighbours = random.random(SIZE, "float32"), random.random((*SIZE, 2), "float32")
    return lambda: enlarge(luma, neighbours), model.count_params()


def main() -> None:
    """Measure and print."""
    options = parser(__doc__ or "", rounds=5).parse_args()
    frame = np.random.default_rng(0).random(SIZE, "float32")
    runs: dict[str, Callable[[], Any]] = {"bicubic": lambda: imresize(frame, SCALE)}
    facts: dict[str, dict[str, Any]] = {"bicubic": {}}
    for backbone in ("vespcn", "idn"):
        for num_steps in (1, 5):
            name = f"{backbone}, K = {num_steps}"
            runs[name], parameters = _restoring(backbone, num_steps)
            facts[name] = {"parameters": parameters, "base": f"{backbone}, K = 1"}
    times = take_turns(runs, options.rounds)
    rows = []
    for name, fact in facts.items():
        row = {"network": name, "frames/s": 1 / median(times[name])}
        if fact:
            row |= {"times K = 1": ratio(times, name, fact["base"]), "parameters": fact["parameters"]}
        rows.append(row)
    print(machine())
    print(table(rows, {"network": "", "frames/s": ".2f", "times K = 1": ".2f", "parameters": ",d"}))
    write(options.json, rows)


if __name__ == "__main__":
    main()
