"""What the likelihood module costs in training: time and memory of a step with K = 5 beside one with K = 1.

python -m benchmarks.training                    a table
python -m benchmarks.training --json FILE.json   the numbers too

The autoencoder on batches of 100, IDN x3 on 16 patches of 40 x 40. Memory is the peak of a process that takes three
steps (or restores three batches), less what it holds once the network is built.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys

from benchmarks.networks import batch_of, build, restoring, training
from benchmarks.pairing import median, ratio, take_turns
from benchmarks.recording import machine, parser, table, write

BATCHES = {"autoencoder": 100, "idn_x3": 16}
CASES = {"K=1": (1, "none"), "Adam": (5, "adam"), "learned": (5, "gradient")}
# The network alone, trained on Keras's own layers in place of those of a run.
KERAS = "K=1, Keras's layers"


def peak(network: str, case: str, work: str) -> float:
    """Measure in a process of its own what a work takes at its peak, in MB."""
    command = [sys.executable, "-m", "benchmarks.training", "--peak", network, case, work]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def _print_peak(network: str, case: str, work: str) -> None:
    inputs, clean = batch_of(network, BATCHES[network])
    model = build(network, *CASES[case], trained=work == "training")
    before = _status("VmRSS")
    run = training(model, inputs, clean) if work == "training" else restoring(model, inputs)
    for _ in range(3):
        run()
    print(_status("VmHWM") - before)


def _status(field: str) -> float:
    """Read a size from Linux's account of this process, in MB."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def main() -> None:
    """Measure and print."""
    flags = parser(__doc__ or "", rounds=7)
    flags.add_argument("--peak", nargs=3, metavar=("NETWORK", "CASE", "WORK"), help="only one measurement of memory")
    options = flags.parse_args()
    if options.peak:
        _print_peak(*options.peak)
        return
    rows = []
    for network, batch in BATCHES.items():
        inputs, clean = batch_of(network, batch)
        for precision in ("float32", "mixed_bfloat16"):
            models = {case: build(network, *arguments, precision, trained=True) for case, arguments in CASES.items()}
            if network == "autoencoder":
                models[KERAS] = build(network, *CASES["K=1"], precision)
            times = take_turns({case: training(model, inputs, clean) for case, model in models.items()}, options.rounds)
            for case in times:
                row = {
                    "network": network,
                    "g": precision.removeprefix("mixed_"),
                    "case": case,
                    "ms a step": 1e3 * median(times[case]),
                    "images/s": batch / median(times[case]),
                    "times K=1": ratio(times, case, "K=1"),
                }
                if precision == "float32" and case in CASES:
                    memory = {work: peak(network, case, work) for work in ("training", "restoring")}
                    row |= {f"MB {work}": value for work, value in memory.items()}
                rows.append(row)
    columns = {"network": "", "g": "", "case": "", "ms a step": ".0f", "images/s": ".0f", "times K=1": ".2f"}
    print(machine())
    print(table(rows, columns | {"MB training": ".0f", "MB restoring": ".0f"}))
    write(options.json, rows)


if __name__ == "__main__":
    main()
