"""In what phase of a run a process is, and how many steps it has taken: told in a file that outlives the process."""

import functools
import mmap
import pathlib
import struct

PHASES = ("start", "step", "validation", "best model", "card", "state", "curves")


def read(path):
    """(phase, steps taken by the process) where `tell` was called with the file's name; it begins as zeros."""
    phase, steps = struct.unpack("<II", pathlib.Path(path).read_bytes())
    return PHASES[phase], steps


def clear(path):
    pathlib.Path(path).write_bytes(bytes(8))


def tell(path):
    """Let the training run of this process write into the file what it is doing."""
    from dlnet_tf.training import run
    from dlnet_tf.training.tensorboard import Board

    with open(path, "r+b") as file:
        memory = mmap.mmap(file.fileno(), 8)
    now = [0, 0]

    def write():
        memory[:] = struct.pack("<II", *now)

    def during(phase, function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            before, now[0] = now[0], PHASES.index(phase)
            write()
            result = function(*args, **kwargs)
            now[0] = before
            write()
            return result

        return wrapper

    def make_step(*args, of=run.make_step):
        take = of(*args)

        def step(*args):
            # What is between all other phases belongs to the steps.
            now[0] = PHASES.index("step")
            write()
            result = take(*args)
            now[1] += 1
            write()
            return result

        return step

    def init(self, *args, of=run.Run.__init__):
        of(self, *args)
        self.measure = during("validation", self.measure)

    run.make_step, run.Run.__init__ = make_step, init
    for phase, owner, name in (
        ("best model", run, "save_model"),
        ("card", run, "write_card"),
        ("state", run, "save_state"),
        *(("curves", Board, name) for name in ("scalars", "pictures", "flush")),
    ):
        setattr(owner, name, during(phase, getattr(owner, name)))
