"""Run a script: from its command line to the options of a mode, and to its exit code."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from run_flags.apart import native_log
from run_flags.calling import command_line
from run_flags.defining import FLAGS, MODES_OF, flags, value_of
from run_flags.help import help_of
from run_flags.refusing import refuse, refuse_missing

Options = TypeVar("Options")


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


def launch(script: str, run: Callable[[], None]) -> None:
    """Parse the command line and run; a wrong flag or file ends in one line and exit code 2.

    Args:
        script: the script's docstring, the head of its help.
        run: called once the flags are parsed, which `options_of` gives it; imports TensorFlow then, not before.
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
            run()
    except LeftOut as error:
        refuse(error, code=1)
    except UsageError as error:
        refuse(error)
    except KeyboardInterrupt:
        sys.exit(130)


def parse(argv: Sequence[str]) -> None:
    """Set the flags from a command line, the script's name first.

    Raises:
        absl.flags.Error: a flag or a value is not known, or the flag is not one of the mode.
    """
    rest = FLAGS(argv)
    if rest[1:]:
        raise flags.Error(f"found {rest[1]!r}, expected flags only; --help lists them")
    for name, modes in MODES_OF.items():
        if FLAGS[name].present and FLAGS.mode not in modes:
            raise flags.Error(f"--{name}: found with --mode={FLAGS.mode}, expected with {' or '.join(modes)} only")


def options_of(kind: type[Options]) -> Options:
    """Return the flags as a dataclass, such as the options that a mode takes.

    Args:
        kind: the dataclass; its fields are called as the flags.
    """
    computed: dict[str, Any] = {"data_dir_given": bool(FLAGS["data_dir"].present), "command": command_line()}
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: computed[name] if name in computed else value_of(name) for name in names})
