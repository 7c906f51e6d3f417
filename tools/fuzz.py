"""Random and hostile inputs, and the rules that no input may break.

python -m tools.fuzz [--cases 10000] [--seed 0] [--report docs/quality/fuzz.md]

A case is known by the seed and its number; --only NUMBER runs it again.
"""

import argparse
import collections
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from tests.fuzz.worker import BATCH

RULES = """It feeds bad files and command lines to the functions that read them; "command" uses
`--mode restore` and a small model. Most inputs are valid ones that were changed at random; those "on purpose" were
made by hand, such as archives and pictures that unpack to gigabytes, or checkpoints that name code. Each case must
give a result or an error of one line. It must not print a traceback, compute for more than 10 s, take more than 1 GiB
of memory above that of the process after its imports, write outside the folder of the case, start a process, or
unpickle anything. The seed and the number of a case repeat it: `python -m tools.fuzz --seed 0 --only 4711`."""
ROOT = pathlib.Path(__file__).resolve().parents[1]
# Seconds by the clock, on a machine that does other work; the worker counts the 10 s of computing.
PATIENCE = 300
ENVIRONMENT = os.environ | {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT)}
# NumPy's threads that wait for each other on a busy machine count as computing.
ENVIRONMENT["OPENBLAS_NUM_THREADS"] = "1"


def run(cases: int, seed: int, bombs: bool = True, first: int = 0) -> Iterator[dict[str, Any]]:
    """Yield a dict for every case: case, kind, outcome, wrong, seconds, memory."""
    with tempfile.TemporaryDirectory(prefix="fuzz") as folder:
        index, last = first, first + cases
        if bombs:
            subprocess.run(_worker(folder), cwd=ROOT, env=ENVIRONMENT, check=True)
            index = -len(json.loads(pathlib.Path(folder, "bombs.json").read_text()))
        while index < last:
            end = 0 if index < 0 else min(last, (index // BATCH + 1) * BATCH)
            for fact in _batch(_worker(folder, seed, index, end)):
                index = fact["case"] + 1
                yield fact


def _worker(folder: str, *numbers: int) -> list[str]:
    return [sys.executable, "-m", "tests.fuzz.worker", folder, *map(str, numbers)]


def _batch(command: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield what a worker tells, and of the case that it died of that it did; then there is more to be done."""
    started = None
    with subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        alarm = threading.Timer(PATIENCE, process.kill)
        alarm.start()
        assert process.stdout
        for line in process.stdout:
            alarm.cancel()
            alarm = threading.Timer(PATIENCE, process.kill)
            alarm.start()
            fact = json.loads(line)
            started = None if "outcome" in fact else fact
            if started is None:
                yield fact
        alarm.cancel()
    code = process.returncode
    if started:
        yield started | {"outcome": "failed", "wrong": f"the process ended ({code})", "seconds": 0, "memory": 0}
    elif code:
        raise SystemExit(f"the worker failed before its first case ({code})")


def main() -> None:
    """Run the cases that the command line names, and count what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="one case")
    parser.add_argument("--no-bombs", action="store_true")
    parser.add_argument("--report", type=pathlib.Path)
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    worst: dict[str, list[float]] = collections.defaultdict(lambda: [0.0, 0])
    wrong = []
    facts = (
        run(options.cases, options.seed, not options.no_bombs)
        if options.only is None
        else run(1, options.seed, False, options.only)
    )
    for fact in facts:
        kind = fact["kind"] if fact["case"] >= 0 else f"{fact['kind']} on purpose"
        counts[kind, fact["outcome"]] += 1
        worst[kind] = [max(pair) for pair in zip(worst[kind], (fact["seconds"], fact["memory"]), strict=True)]
        if fact["wrong"]:
            wrong.append(fact)
            print(f"case {fact['case']} ({kind}): {fact['wrong']}", flush=True)
        if sum(counts.values()) % 1000 == 0:
            print(f"{sum(counts.values())} cases", flush=True)
    lines = ["| inputs | read | refused in one line | longest, s | memory, MiB |", "|---|---:|---:|---:|---:|"]
    for kind in sorted(worst):
        seconds, memory = worst[kind]
        row = (counts[kind, "accepted"], counts[kind, "refused"], f"{seconds:.1f}", f"{memory / 2**20:.0f}")
        lines.append(f"| {kind} | {' | '.join(map(str, row))} |")
    total = f"{sum(counts.values())} cases of seed {options.seed}: {len(wrong)} broke a rule."
    print("\n".join([*lines, total]))
    if options.report:
        today = datetime.date.today().isoformat()
        head = f"# Fuzzing, {today}\n\n`make fuzz` made this page. {RULES}\n\n{total}\n\n"
        options.report.write_text(head + "\n".join(lines) + "\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
