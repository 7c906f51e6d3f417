"""Run a script, from its command line to its exit code."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from run_flags.apart import native_log
from run_flags.defining import FLAGS, flags
from run_flags.help import help_of
from run_flags.parsing import parse
from run_flags.refusing import refuse, refuse_missing


@contextlib.contextmanager
def _reader_may_leave() -> Iterator[None]:
    """End quietly where the reader of the output does, as in `--help | head`."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # What Python still holds is written when it exits, and has to go somewhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def launch(script: str, run: Callable[[Any], None]) -> None:
    """Parse the command line and run; whatever the user can mend ends in one line and exit code 2.

    Args:
        script: the script's docstring, the head of its help.
        run: takes the parsed flags; imports TensorFlow when it is called, not before.
    """
    if {"--help", "-h", "--helpfull", "-help"} & set(sys.argv[1:]):
        with _reader_may_leave():
            print(help_of(script, sys.argv[1:]))
        sys.exit(0)
    try:
        parse(sys.argv)
    except flags.Error as error:
        refuse(error)
    # Some libraries set up a handler of their own, which would put names before each line, if there is none yet.
    logging.basicConfig(format="%(message)s")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        # TensorFlow's native part writes before its log level takes effect.
        with native_log.silenced():
            from dlnet_tf.errors import LeftOut, UsageError
    except ModuleNotFoundError as error:
        refuse_missing(error)
    try:
        with _reader_may_leave():
            run(FLAGS)
    except LeftOut as error:
        refuse(error, code=1)
    except UsageError as error:
        refuse(error)
    except KeyboardInterrupt:
        sys.exit(130)
