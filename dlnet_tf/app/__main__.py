"""The command `dlnet-app`: a page on this machine to drop a picture on."""

from __future__ import annotations

import argparse
import os
import sys


def main() -> None:
    """Read the command line and serve; what the user can mend ends in one line and exit code 2."""
    parser = argparse.ArgumentParser("dlnet-app", description="Serve a page on this machine to drop a picture on.")
    parser.add_argument("--port", type=int, help="of 127.0.0.1 [the first free one from 7860]")
    parser.add_argument("--max_memory", type=float, default=2.0, help="GB that the process may take [2]")
    parser.add_argument("--browser", action="store_true", help="open the page in a browser")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from dlnet_tf.app.serving import serve

    try:
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
