"""What the likelihood module costs in inference: Table VIII of arXiv:1904.09105v4, for both update rules.

python -m benchmarks.likelihood                    a table
python -m benchmarks.likelihood --json FILE.json   the numbers too

The autoencoder on batches of 100 images, K = 1 to 5, float32; then K = 1 and 5 with g in bfloat16. A round is 1,000
images for each K, as in the paper.
"""

from __future__ import annotations

from benchmarks.networks import batch_of, build, restoring
from benchmarks.pairing import median, ratio, take_turns
from benchmarks.recording import machine, parser, table, write

BATCH, BATCHES = 100, 10
# Table VIII: time relative to K = 1.
PAPER = {"CPU": [1, 1.14, 1.24, 1.37, 1.54], "GPU": [1, 1.20, 1.23, 1.31, 1.41]}


def main() -> None:
    """Measure and print."""
    options = parser(__doc__ or "", rounds=5).parse_args()
    inputs, _ = batch_of("autoencoder", BATCH)
    rows = []
    for precision, steps in (("float32", (1, 2, 3, 4, 5)), ("mixed_bfloat16", (1, 5))):
        models = {
            (rule, k): build("autoencoder", k, rule, precision)
            for k in steps
            for rule in (("adam", "gradient") if k > 1 else ("none",))
        }
        once = {f"{rule} {k}": restoring(model, inputs) for (rule, k), model in models.items()}
        runs = {name: lambda run=run: [run() for _ in range(BATCHES)] for name, run in once.items()}
        times = take_turns(runs, options.rounds)
        for (rule, k), model in models.items():
            name = f"{rule} {k}"
            rows.append(
                {
                    "g": precision.removeprefix("mixed_"),
                    "rule": rule,
                    "K": k,
                    "ms a batch": 1e3 * median(times[name]) / BATCHES,
                    "images/s": BATCH * BATCHES / median(times[name]),
                    "times K=1": ratio(times, name, "none 1"),
                    "paper, CPU": PAPER["CPU"][k - 1],
                    "paper, GPU": PAPER["GPU"][k - 1],
                    "parameters": model.count_params(),
                }
            )
    columns = {"g": "", "rule": "", "K": "d", "ms a batch": ".0f", "images/s": ".0f", "times K=1": ".2f"}
    print(machine())
    print(table(rows, columns | {"paper, CPU": ".2f", "paper, GPU": ".2f", "parameters": ",d"}))
    write(options.json, rows)


if __name__ == "__main__":
    main()
