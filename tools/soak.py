"""Kills a small training run at random moments, resumes it, and compares it with one that was left alone.

python -m tools.soak                                   50 kills of a DL-Net for super-resolution
python -m tools.soak --run on_demand --kills 20 --seed 7
python -m tools.soak --report docs/quality/soak.md             the result is added to a page
"""

import argparse
import collections
import datetime
import pathlib
import random
import signal
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence

from tests.training import phases
from tests.training.processes import MULTITASK, ON_DEMAND, SISR, contents, finish, flags, make_data, starter

Process = subprocess.Popen[str]
RUNS = {"sisr": SISR, "on_demand": ON_DEMAND, "multitask": MULTITASK}
# Share of the kills that come before the first step.
EARLY = 0.2


class Cut:
    """A run that is interrupted again and again.

    Args:
        start: from `starter`.
        arguments: script and flags of the run, --resume among them.
        folder: of the run.
        steps: of the whole run.
        watched: file for `phases`.
    """

    def __init__(
        self,
        start: Callable[..., Process],
        arguments: Sequence[str],
        folder: pathlib.Path,
        steps: int,
        watched: pathlib.Path,
    ) -> None:
        self.start, self.arguments, self.folder, self.steps, self.watched = start, arguments, folder, steps, watched

    def done(self) -> int:
        """Return the steps that the stored state has seen."""
        return int(contents(self.folder)[0]["optimizer/0000"]) if (self.folder / "state.npz").exists() else 0

    def stop_early(self, seconds: float) -> tuple[Process, str]:
        """Kill it some time after the start; return (process, phase that was hit)."""
        process = self._begin()
        time.sleep(seconds)
        return self._hit(process, subprocess.Popen.kill)

    def stop(
        self, steps: int, seconds: float, hit: Callable[[Process], object] = subprocess.Popen.kill
    ) -> tuple[Process, str]:
        """Kill it, or do something else to it that ends it, after so many steps and seconds; return as above."""
        process = self._begin()
        deadline = time.monotonic() + 240
        while phases.read(self.watched)[1] < steps:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.001)
        time.sleep(seconds)
        return self._hit(process, hit)

    def _begin(self) -> Process:
        phases.clear(self.watched)
        return self.start(*self.arguments, PHASES=str(self.watched))

    def _hit(self, process: Process, hit: Callable[[Process], object]) -> tuple[Process, str]:
        hit(process)
        process.wait(timeout=60)
        self.check_files()
        return process, phases.read(self.watched)[0]

    def check_files(self) -> None:
        """Assert that every file of the run is whole, whenever it was killed."""
        for path in self.folder.glob("[!.]*"):
            if path.suffix in (".npz", ".keras"):
                with zipfile.ZipFile(path) as archive:
                    assert archive.testzip() is None, path
            elif path.suffix == ".md":
                assert path.read_text("utf-8").endswith("\n"), path


def assert_same(found_folder: pathlib.Path, expected_folder: pathlib.Path, steps: int) -> None:
    """Compare states to the bit, what a run notes but for its clock, and the best model's weights."""
    (found, found_notes), (expected, expected_notes) = contents(found_folder), contents(expected_folder)
    assert found_notes == expected_notes and expected_notes["history"][-1]["step"] == steps
    assert found.keys() == expected.keys() and expected["optimizer/0000"] == steps
    for name, value in expected.items():
        assert value.tobytes() == found[name].tobytes(), name
    weights = [weights_of(folder) for folder in (found_folder, expected_folder)]
    assert weights[0] == weights[1]


def weights_of(folder: pathlib.Path) -> bytes:
    """Return the stored weights of a run's model, as bytes."""
    (path,) = folder.glob("[!.]*.keras")
    return zipfile.ZipFile(path).read("model.weights.h5")


def soak(command: Sequence[str], kills: int, seed: int, steps: int, folder: pathlib.Path) -> collections.Counter[str]:
    """Kill a run so often; return how many kills hit each phase."""
    draw = random.Random(seed)
    data, whole, cut = make_data(folder / "data"), folder / "whole", folder / "cut"
    hits: collections.Counter[str] = collections.Counter()
    with starter() as start:
        watched = folder / "phases"
        phases.clear(watched)
        began = time.monotonic()
        process = start(*command, *flags(data, whole, steps), PHASES=str(watched))
        while phases.read(watched)[1] == 0:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        start_up, began = time.monotonic() - began, time.monotonic()
        finish(process)
        a_step = (time.monotonic() - began) / steps
        print(f"seed {seed}: {start_up:.1f} s up to the first step, {1e3 * a_step:.0f} ms a step", flush=True)

        run = Cut(start, [*command, *flags(data, cut, steps, "--resume")], cut, steps, watched)
        for number in range(1, kills + 1):
            before = run.done()
            left = steps - before - 3
            if left < 1 or draw.random() < EARLY:
                killed, phase = run.stop_early(draw.uniform(0, start_up))
            else:
                # So that the run lasts for all of the kills.
                killed, phase = run.stop(
                    draw.randint(0, min(left, 2 * left // (kills - number + 1))), draw.uniform(0, 2 * a_step)
                )
            assert killed.returncode == -signal.SIGKILL, killed.communicate()
            hits[phase] += 1
            print(f"kill {number}: from step {before}, {phase}, state of step {run.done()}", flush=True)
        finish(start(*run.arguments))
    assert_same(cut, whole, steps)
    left_behind = sorted(path.name for path in cut.iterdir() if path.name.startswith("."))
    assert left_behind == [], left_behind
    return hits


def main() -> None:
    """Kill and resume, compare, and add a line to the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", choices=RUNS, default="sisr", help="what is trained [sisr]")
    parser.add_argument("--kills", type=int, default=50, help="[50]")
    parser.add_argument("--steps", type=int, default=400, help="of the whole run [400]")
    parser.add_argument("--seed", type=int, default=None, help="of the moments [drawn, and printed]")
    parser.add_argument("--report", type=pathlib.Path, help="page to which the result is added")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    with tempfile.TemporaryDirectory() as folder:
        hits = soak(RUNS[options.run], options.kills, seed, options.steps, pathlib.Path(folder))
    where = ", ".join(f"{phase} {hits[phase]}" for phase in phases.PHASES)
    print(f"the same bits after {options.kills} kills ({where})")
    if options.report:
        sizes = f"--kills {options.kills} --steps {options.steps} --seed {seed}"
        command = f"python -m tools.soak --run {options.run} {sizes}"
        row = [datetime.date.today().isoformat(), f"`{command}`", *(hits[phase] for phase in phases.PHASES), "the same"]
        with options.report.open("a", encoding="utf-8") as page:
            page.write("| " + " | ".join(map(str, row)) + " |\n")


if __name__ == "__main__":
    main()
