"""Serve a web page on this machine that enlarges and fills pictures: the command `dlnet-app`."""

from __future__ import annotations

import argparse
import os
import sys

from run_flags.apart import options as limits


def main() -> None:
    """Read the command line and serve; wrong input ends in one line and exit code 2."""
    parser = argparse.ArgumentParser(
        "dlnet-app", description="Serve a web page on this machine that enlarges and fills pictures."
    )
    parser.add_argument("--port", type=int, help="port on 127.0.0.1 [the first free one from 7860]")
    usual = limits.MAX_MEMORY
    parser.add_argument("--max_memory", type=float, default=usual, help=f"GB that the process may take [{usual:g}]")
    parser.add_argument("--browser", action="store_true", help="open the page in a browser")
    options = parser.parse_args()
    if options.port is not None and not 0 < options.port < 2**16:
        parser.error(f"--port={options.port}: expected 1 to {2**16 - 1}")
    if not options.max_memory >= limits.LEAST_MEMORY:
        parser.error(f"--max_memory={options.max_memory:g}: expected at least {limits.LEAST_MEMORY:g}")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        from dlnet_tf.app.serving import serve

        serve(options.port, options.max_memory, options.browser)
    except ModuleNotFoundError as error:
        parser.exit(
            2,
            f"dlnet-app: found no package {error.name!r} in {sys.executable}, expected those of requirements-app.txt; "
            "`make app` installs them, or pip install '.[app]'\n",
        )
    except OSError as error:
        parser.exit(2, f"dlnet-app: {error}\n")


if __name__ == "__main__":
    main()
