"""Runs cases in a process of its own and tells of each what it did; watched by `run`.

python -m tests.fuzz.worker FOLDER SEED FIRST LAST    random cases of that seed
python -m tests.fuzz.worker FOLDER                    write the files made on purpose, which are the cases from -1 down
"""

import json
import os
import pathlib
import resource
import sys
import time
import warnings

import numpy as np

# Above what the process takes after its imports; the system's own limit protects the machine.
MAX_MEMORY, HARD_MEMORY = 2**30, 8 * 2**30
MAX_SECONDS = 10
MAX_LINE = 1000
# Cases of one process: it makes room for a fresh one, with the other script.
BATCH = 1000

FORBIDDEN = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect", "pickle.find_class"}
CHANGES = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "shutil.rmtree"}


class Watch:
    """Notes what a case does besides reading: an audit hook cannot be taken off, so that there is one a process."""

    def __init__(self, *allowed):
        self.allowed = [str(folder) for folder in allowed]
        self.found = []
        self.on = False
        sys.addaudithook(self)

    def __call__(self, event, arguments):
        if not self.on:
            return
        if event in FORBIDDEN:
            self.found.append(f"{event} {arguments!r}"[:200])
        elif event in CHANGES or (event == "open" and self._writes(arguments)):
            path = (
                os.path.abspath(os.fsdecode(arguments[0]))
                if isinstance(arguments[0], str | bytes | os.PathLike)
                else ""
            )
            if path and not any(path.startswith(folder) for folder in self.allowed):
                self.found.append(f"{event} {path}"[:200])

    def _writes(self, arguments):
        _, mode, flags = arguments
        return (mode and set(mode) & set("wax+")) or (flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def peak():
    """Highest resident memory since `forget_peak`, bytes."""
    status = pathlib.Path("/proc/self/status").read_text()
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def forget_peak():
    pathlib.Path("/proc/self/clear_refs").write_text("5")


def attempt(watch, run, argument, base):
    """Runs one case; returns (outcome, what is wrong with it or None)."""
    from dlnet_tf.errors import UsageError

    forget_peak()
    watch.found.clear()
    outcome, wrong = "accepted", None
    start = time.process_time()
    watch.on = True
    try:
        run(argument)
    except UsageError as refusal:
        outcome, line = "refused", str(refusal)
        if "\n" in line or not line or len(line) > MAX_LINE:
            wrong = f"no line of at most {MAX_LINE} characters: {line[:200]!r}"
    except BaseException as error:
        outcome, wrong = "failed", f"{type(error).__name__}: {error}"[:300]
    watch.on = False
    seconds, memory = time.process_time() - start, peak() - base
    if watch.found:
        wrong = "; ".join(watch.found)
    elif memory > MAX_MEMORY:
        wrong = wrong or f"{memory / 2**20:.0f} MiB above the process"
    elif seconds > MAX_SECONDS:
        wrong = wrong or f"{seconds:.1f} s"
    return outcome, wrong, round(seconds, 2), memory


def main():
    folder = pathlib.Path(sys.argv[1])
    listed = folder / "bombs.json"
    # Readers may warn; that a warning is no error is what a user sees.
    warnings.simplefilter("ignore")
    from tests.fuzz import targets

    TARGETS = targets.TARGETS
    if not sys.argv[2:]:
        made = [(kind, str(bomb)) for kind, target in TARGETS.items() for bomb in target.bombs(folder / kind)]
        listed.write_text(json.dumps(made))
        return
    seed, first, last = map(int, sys.argv[2:])
    bombs = json.loads(listed.read_text()) if first < 0 else []
    kinds = targets.schedule(max(last, 0))
    targets.script = targets.SCRIPTS[max(first, 0) // BATCH % 2]
    # TensorFlow and the models of the cases are there before memory is measured.
    for target in TARGETS.values():
        target.make(np.random.default_rng(0), folder)
    taken = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (HARD_MEMORY + taken,) * 2)
    watch = Watch(folder, "/dev", "/proc", "/tmp/tmp")
    forget_peak()
    base = peak()
    for index in range(first, last):
        if index < 0:
            kind, argument = bombs[index][0], pathlib.Path(bombs[index][1])
        else:
            kind = kinds[index]
            argument = TARGETS[kind].make(np.random.default_rng([seed, index]), folder)
        print(json.dumps({"case": index, "kind": kind}), flush=True)
        outcome, wrong, seconds, memory = attempt(watch, TARGETS[kind].run, argument, base)
        facts = {"outcome": outcome, "wrong": wrong, "seconds": seconds, "memory": memory}
        print(json.dumps({"case": index, "kind": kind, **facts}), flush=True)


if __name__ == "__main__":
    main()
