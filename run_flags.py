"""What `run_sisr.py` and `run_inpaint.py` share on the command line: flags, help grouped by mode, one-line errors."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import math
import os
import pathlib
import shlex
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn, TypeVar


def _refuse(reason: object) -> NoReturn:
    print(f"{os.path.basename(sys.argv[0])}: {' '.join(str(reason).split())}", file=sys.stderr)
    sys.exit(2)


def _refuse_missing(error: ModuleNotFoundError) -> NoReturn:
    package = str(error.name).partition(".")[0]
    _refuse(
        f"found no package {package!r} in {sys.executable}; `make sisr` installs those of requirements.txt into "
        ".venv, then run .venv/bin/python"
    )


try:
    # absl.logging defines a --log_dir of its own when it is imported; imported first, ours takes its place.
    from absl import flags as flags
    from absl import logging  # noqa: F401
except ModuleNotFoundError as error:
    _refuse_missing(error)


def _methods() -> types.ModuleType:
    """Read the table of methods without the package around it, which TensorFlow takes seconds to import."""
    path = pathlib.Path(__file__).resolve().parent / "dlnet_tf" / "methods.py"
    spec = importlib.util.spec_from_file_location("dlnet_tf_methods", path)
    assert spec and spec.loader
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


methods = _methods()
FLAGS = flags.FLAGS
MODES = ("eval", "train", "restore", "export")
Options = TypeVar("Options")
_modes: dict[str, tuple[str, ...]] = {}


def define(
    name: str, kind: Callable[..., Any], *, help: str, default: Any = None, modes: tuple[str, ...] = MODES, **extra: Any
) -> None:
    """Define one absl flag and remember which modes use it.

    Args:
        name: of the flag.
        kind: a `flags.DEFINE_*` function.
        help: its line of help.
        default: its value when it is not given.
        modes: those of `MODES`; the flag is refused in the others.
        **extra: what `kind` takes besides, such as `enum_values` or `lower_bound`.
    """
    _modes[name] = modes
    if "enum_values" in extra:
        kind(name, default, extra["enum_values"], help)
    else:
        kind(name, default, help, **extra)


def define_shared(names: list[str], seeded: tuple[str, ...], data_dir: str, precision: str) -> None:
    """Define the flags of both scripts.

    Args:
        names: values of --method.
        seeded: modes in which something is drawn at random.
        data_dir: help on --data_dir.
        precision: of g in training.
    """
    _define_models(names, precision)
    _define_files(data_dir)
    _define_training(seeded)
    require_not_negative("learning_rate", "step_size")
    _require_of_training("num_steps", methods.dlnets(), "a plain network takes no steps, expected a DL-Net")
    _require_of_training("step_size", methods.dlnets("adam"), "gamma belongs to the Adam rule, expected method=dlnet")


def _define_models(names: list[str], precision: str) -> None:
    """Define which models are meant, and what is changed about them."""
    define("mode", flags.DEFINE_enum, default="eval", help="what to do", enum_values=list(MODES))
    define(
        "method",
        flags.DEFINE_enum,
        help="how it is trained [eval: all that ship; train: dlnet; else the last DL-Net that ships]",
        enum_values=names,
    )
    define(
        "checkpoint",
        flags.DEFINE_string,
        help=".keras file or folder of runs [what ships]; train: file to start from, none for random weights",
    )
    define("num_steps", flags.DEFINE_integer, help="K of a DL-Net, evaluations of h [its own; train: 5]", lower_bound=1)
    define("step_size", flags.DEFINE_float, help="gamma of the Adam rule [its own; train: the paper's]")
    define(
        "precision",
        flags.DEFINE_enum,
        help=f"of the layers before z [its own; train: {precision}]",
        enum_values=["float32", "mixed_bfloat16"],
    )


def _define_files(data_dir: str) -> None:
    """Define what is read and written, and the memory that it may take."""
    define("data_dir", flags.DEFINE_string, default="data", help=data_dir, modes=("eval", "train"))
    define("output_dir", flags.DEFINE_string, help="folder for the results [one under runs/]", modes=("eval", "train"))
    define("report", flags.DEFINE_string, help="also write the numbers to this .json file", modes=("eval",))
    define(
        "overwrite", flags.DEFINE_bool, default=False, help="replace what exists", modes=("eval", "restore", "export")
    )
    define(
        "gallery",
        flags.DEFINE_bool,
        default=False,
        help="also a page with before/after sliders: gallery.html in --output, or <file>.html beside a file",
        modes=("restore",),
    )
    define(
        "max_memory",
        flags.DEFINE_float,
        default=2.0,
        help="GB that the process may take, which chooses the tiles",
        modes=("restore",),
        lower_bound=1.0,
    )


def _define_training(seeded: tuple[str, ...]) -> None:
    """Define how models are trained."""
    define(
        "train_steps",
        flags.DEFINE_integer,
        default=10000,
        help="steps of the whole run",
        modes=("train",),
        lower_bound=1,
    )
    define("batch_size", flags.DEFINE_integer, help="examples a step [the method's]", modes=("train",), lower_bound=1)
    define("learning_rate", flags.DEFINE_float, default=1e-3, help="peak of the schedule", modes=("train",))
    define(
        "schedule",
        flags.DEFINE_enum,
        default="cosine",
        help="of the learning rate",
        modes=("train",),
        enum_values=["cosine", "paper"],
    )
    define(
        "seed",
        flags.DEFINE_integer,
        default=0,
        help="of every random draw",
        modes=seeded,
        lower_bound=0,
        upper_bound=2**31 - 1,
    )
    define("resume", flags.DEFINE_bool, default=False, help="go on from the state in --output_dir", modes=("train",))
    define(
        "log_dir",
        flags.DEFINE_string,
        help="TensorBoard event files [<output_dir>/logs]",
        modes=("train",),
        allow_override=True,
    )
    define(
        "strategy",
        flags.DEFINE_enum,
        default="none",
        help="tf.distribute strategy",
        modes=("train",),
        enum_values=["none", "mirrored", "multiworker"],
    )


def _require_of_training(name: str, users: list[str], text: str) -> None:
    """Refuse a flag in the training of a method that has no use for it."""

    def is_used(values: dict[str, Any]) -> bool:
        return values["mode"] != "train" or values["method"] in (None, *users) or values[name] is None

    flags.register_multi_flags_validator(["mode", "method", name], is_used, text)


def require_not_negative(*names: str) -> None:
    """Refuse NaN, infinity and what is below zero; a flag that is not given may stay so."""
    for name in names:
        flags.register_validator(
            name, lambda value: value is None or (math.isfinite(value) and value >= 0), "expected a number >= 0"
        )


def _is_about(line: str, modes: Sequence[str]) -> bool:
    """Tell whether a line of a script's docstring is no example, or one of these modes."""
    if not line.startswith("python "):
        return True
    return (line.partition("--mode ")[2].split() or ["eval"])[0] in modes


def _help(script: str, argv: Sequence[str]) -> str:
    """Return the flags under headings; with --mode beside --help those of that mode alone."""
    words = " ".join(argv).replace("=", " ").split()
    chosen = [mode for word, mode in zip(words, words[1:], strict=False) if word.lstrip("-") == "mode"]
    shown = [mode for mode in MODES if mode in chosen[-1:]] or list(MODES)
    lines = [*(line for line in script.strip().splitlines() if _is_about(line, shown)), ""]
    groups = {"every mode": [name for name in _modes if _modes[name] == MODES]}
    groups |= {mode: [name for name in _modes if mode in _modes[name] != MODES] for mode in shown}
    for group, names in groups.items():
        lines.append(f"{group}:")
        for name in names:
            flag = FLAGS[name]
            values = " {" + ",".join(flag.parser.enum_values) + "}" if isinstance(flag, flags.EnumFlag) else ""
            given = f"--[no]{name}" if flag.boolean else f"--{name}{values}"
            # absl repeats an enumeration's values in front of its text.
            text = flag.help.partition(">: ")[2] if values else flag.help
            default = "" if flag.default is None or flag.boolean else f" [{flag.default}]"
            gap = " " * (28 - len(given)) if len(given) < 28 else "\n" + " " * 30
            lines.append(f"  {given}{gap}{text}{default}")
        lines.append("")
    if len(shown) > 1:
        lines.append("--help --mode restore, or another one, lists the flags of that mode alone.")
    return "\n".join(lines)


@contextlib.contextmanager
def _silent_native_log() -> Iterator[None]:
    # TensorFlow's native part writes to the descriptor itself before its log level takes effect.
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


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


def parse(argv: Sequence[str]) -> None:
    """Set the flags from a command line, the script's name first.

    Raises:
        absl.flags.Error: a flag or a value is not known, or the flag is not one of the mode.
    """
    rest = FLAGS(argv)
    if rest[1:]:
        raise flags.Error(f"found {rest[1]!r}, expected flags only; --help lists them")
    for name, modes in _modes.items():
        if FLAGS[name].present and FLAGS.mode not in modes:
            raise flags.Error(f"--{name}: found with --mode={FLAGS.mode}, expected with {' or '.join(modes)} only")


def command_line() -> str:
    """Return the command that was given, without --resume: what trains a model anew."""
    kept = [arg for arg in sys.argv[1:] if arg.lstrip("-").partition("=")[0] not in ("resume", "noresume")]
    return shlex.join(["python", os.path.basename(sys.argv[0]), *kept])


def options_of(kind: type[Options]) -> Options:
    """Return the flags as the dataclass of options that a mode takes.

    Args:
        kind: the dataclass; its fields are called as the flags.
    """
    computed: dict[str, Any] = {"data_dir_given": bool(FLAGS["data_dir"].present), "command": command_line()}
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: computed[name] if name in computed else FLAGS[name].value for name in names})


def launch(script: str, run: Callable[[Any], None]) -> None:
    """Parse the command line and run; whatever the user can mend ends in one line and exit code 2.

    Args:
        script: the script's docstring, the head of its help.
        run: takes the parsed flags; imports TensorFlow when it is called, not before.
    """
    if {"--help", "-h", "--helpfull", "-help"} & set(sys.argv[1:]):
        with _reader_may_leave():
            print(_help(script, sys.argv[1:]))
        sys.exit(0)
    try:
        parse(sys.argv)
    except flags.Error as error:
        _refuse(error)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        with _silent_native_log():
            from dlnet_tf.errors import UsageError
    except ModuleNotFoundError as error:
        _refuse_missing(error)
    try:
        with _reader_may_leave():
            run(FLAGS)
    except UsageError as error:
        _refuse(error)
    except KeyboardInterrupt:
        sys.exit(130)
