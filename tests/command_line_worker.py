"""Runs one script of the command line many times in one process: a JSON list of arguments in, a JSON answer out.

python -m tests.command_line_worker SCRIPT CHECKPOINTS [thin]    thin: networks are the stand-ins, in training too
"""

import importlib
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
        sys.argv = [f"{name}.py", *json.loads(line)]
        for flag in run_flags.FLAGS:
            run_flags.FLAGS[flag].unparse()
        print(json.dumps(captured(lambda: run_flags.launch(script.__doc__, script.run))), flush=True)


if __name__ == "__main__":
    main()
