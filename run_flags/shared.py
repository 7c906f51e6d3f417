"""The flags of both scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from run_flags.apart import methods, options, tasks
from run_flags.defining import MODES, define, define_path, flags, require_not_negative


def define_shared(trained: Sequence[str], seeded: tuple[str, ...], data_dir: str, files: str) -> None:
    """Define the flags of both scripts.

    Args:
        trained: tasks of the script; --method takes the methods of the first, and help names gamma for each.
        seeded: modes in which something is drawn at random.
        data_dir: help on --data_dir.
        files: what --input may be one of.
    """
    _define_models(trained)
    _define_files(data_dir, files)
    _define_training(seeded)
    require_not_negative("learning_rate", "step_size")
    _require_of_training("num_steps", methods.dlnets(), "a plain network takes no steps, expected a DL-Net")


def _define_models(trained: Sequence[str]) -> None:
    """Define which models are meant, and what is changed about them."""
    gammas = {name: f"{tasks.TASKS[name].step_size:g}" for name in trained}
    each = ", ".join(f"{gamma} for {tasks.TASKS[name].label}" for name, gamma in gammas.items())
    told = gammas[trained[0]] if len(set(gammas.values())) == 1 else each
    define("mode", flags.DEFINE_enum, default="eval", help="what to do", enum_values=list(MODES))
    define(
        "method",
        flags.DEFINE_enum,
        help="training method of the model "
        f"[eval: all shipped ones; train: {methods.DEFAULT_METHOD}; else the best shipped DL-Net]",
        enum_values=methods.with_dlnets(tasks.TASKS[trained[0]].methods),
    )
    define(
        "checkpoint",
        flags.DEFINE_string,
        help="model file, shipped model, or folder of runs [the shipped models]; train: start from it, or none",
    )
    define(
        "num_steps", flags.DEFINE_integer, help="K; a DL-Net moves z K - 1 times [the model's; train: 5]", lower_bound=1
    )
    define(
        "step_size",
        flags.DEFINE_float,
        help=f"gamma, step size of the Adam rule [the model's; train: {told}]",
    )
    define(
        "precision",
        flags.DEFINE_enum,
        help="number format of the layers before z [the model's; train: auto, the faster one here]",
        enum_values=["auto", "float32", "mixed_bfloat16"],
    )
    flags.register_multi_flags_validator(
        ["mode", "precision"],
        lambda values: values["precision"] != "auto" or values["mode"] == "train",
        "precision=auto: expected with mode=train only",
    )


def _define_files(data_dir: str, files: str) -> None:
    """Define what is read and written, and the memory that it may take."""
    define(
        "input",
        flags.DEFINE_string,
        help=f"{files} file, folder, or pattern in quotes such as 'a/**/*.jpg'",
        modes=("restore",),
    )
    define_path(
        "output",
        help="file or folder for the results; export: folder of a SavedModel, or .tflite file",
        modes=("restore", "export"),
    )
    define("data_dir", flags.DEFINE_string, default="data", help=data_dir, modes=("eval", "train"))
    define_path("output_dir", help="folder for the results [one under runs/]", modes=("eval", "train"))
    define_path("report", help="also write the numbers to this .json file", modes=("eval",))
    define(
        "overwrite",
        flags.DEFINE_bool,
        default=False,
        help="replace files that exist",
        modes=("eval", "restore", "export"),
    )
    define(
        "gallery",
        flags.DEFINE_bool,
        default=False,
        help="also write a page with before/after sliders: gallery.html in --output, or <file>.html beside a file",
        modes=("restore",),
    )
    define(
        "max_memory",
        flags.DEFINE_float,
        default=options.MAX_MEMORY,
        help="GB that the process may take; large photographs are cut into tiles",
        modes=("restore",),
        lower_bound=options.LEAST_MEMORY,
    )


def _define_training(seeded: tuple[str, ...]) -> None:
    """Define how models are trained."""
    train = ("train",)
    define(
        "train_steps", flags.DEFINE_integer, default=10000, help="steps of the whole run", modes=train, lower_bound=1
    )
    define(
        "batch_size",
        flags.DEFINE_integer,
        help="images or patches a step [the method's]",
        modes=train,
        lower_bound=1,
    )
    define("learning_rate", flags.DEFINE_float, default=1e-3, help="the highest learning rate", modes=train)
    define(
        "schedule",
        flags.DEFINE_enum,
        default="cosine",
        help="how the learning rate falls",
        modes=train,
        enum_values=["cosine", "paper"],
    )
    define(
        "average",
        flags.DEFINE_float,
        default=0.0,
        help="also average the weights over the steps, with this decay a step; 0 for no average",
        modes=train,
        lower_bound=0.0,
        upper_bound=0.99999,
    )
    define(
        "seed",
        flags.DEFINE_integer,
        default=0,
        help="seed of every random draw",
        modes=seeded,
        lower_bound=0,
        upper_bound=2**31 - 1,
    )
    define("resume", flags.DEFINE_bool, default=False, help="continue from the state in --output_dir", modes=train)
    define_path("log_dir", help="TensorBoard event files [<output_dir>/logs]", modes=train, allow_override=True)
    define(
        "strategy",
        flags.DEFINE_enum,
        default="none",
        help="tf.distribute strategy, for several GPUs or machines",
        modes=train,
        enum_values=["none", "mirrored", "multiworker"],
    )


def _require_of_training(name: str, users: list[str], text: str) -> None:
    """Refuse a flag in the training of a method that has no use for it."""

    def is_used(values: dict[str, Any]) -> bool:
        return values["mode"] != "train" or values["method"] in (None, *users) or values[name] is None

    flags.register_multi_flags_validator(["mode", "method", name], is_used, text)
