"""Runs one script of the command line many times in one process: a JSON question in, a JSON answer out.

A question has `arguments` and may be `traced`; the answer then has the files of the repository whose functions were
called, in order.

python -m tests.command_line_worker SCRIPT CHECKPOINTS [thin]    thin: networks are the stand-ins, in training too
"""

import contextlib
import importlib
import inspect
import json
import os
import pathlib
import sys
import tempfile


def captured(run):
    """Call `run`; returns its exit code and all that went to descriptors 1 and 2, of native code too."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        kept = [(stream, os.dup(number), number) for stream, number in ((sys.stdout, 1), (sys.stderr, 2))]
        code = 0
        for (stream, _, number), file in zip(kept, (out, err), strict=True):
            stream.flush()
            os.dup2(file.fileno(), number)
        try:
            run()
        except SystemExit as exit:
            code = exit.code or 0
        finally:
            for stream, copy, number in kept:
                stream.flush()
                os.dup2(copy, number)
                os.close(copy)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return {"code": code, "out": texts[0], "err": texts[1]}


@contextlib.contextmanager
def noted(calls):
    """Appends every file of the repository at the first call of one of its functions."""
    root = str(pathlib.Path(__file__).resolve().parents[1]) + os.sep

    def note(frame, event, argument):
        code = frame.f_code
        # Bodies of modules and classes run when they are imported.
        if event == "call" and code.co_flags & inspect.CO_OPTIMIZED and code.co_filename.startswith(root):
            calls.setdefault(code.co_filename.removeprefix(root))

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)


def main():
    name, checkpoints, *thin = sys.argv[1:]
    script = importlib.import_module(name)
    import run_flags
    from dlnet_tf import zoo

    zoo.CHECKPOINTS = pathlib.Path(checkpoints)
    if thin:
        from dlnet_tf.backbones import BACKBONES
        from tests import stand_in

        BACKBONES.update(idn=stand_in.idn, autoencoder=stand_in.autoencoder)
    for line in sys.stdin:
        question = json.loads(line)
        sys.argv = [f"{name}.py", *question["arguments"]]
        for flag in run_flags.FLAGS:
            run_flags.FLAGS[flag].unparse()
        calls = {}
        with noted(calls) if question["traced"] else contextlib.nullcontext():
            answer = captured(lambda: run_flags.launch(script.__doc__, script.run))
        print(json.dumps(answer | {"calls": list(calls)}), flush=True)


if __name__ == "__main__":
    main()
