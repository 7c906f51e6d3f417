"""The models that ship, by name."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from dlnet_tf import networks, restoration
from dlnet_tf.errors import UsageError
from dlnet_tf.methods import dlnets
from dlnet_tf.options import MAX_MEMORY
from dlnet_tf.tasks import TASKS

_PACKAGE = pathlib.Path(__file__).resolve().parent
# A wheel carries them inside of the package; in a checkout they lie beside it.
CHECKPOINTS = (_PACKAGE if (_PACKAGE / "checkpoints").is_dir() else _PACKAGE.parent) / "checkpoints"
# What `python -m tools.make_models` found out about them.
FACTS = "models.json"


@dataclasses.dataclass(frozen=True)
class ShippedModel:
    """What is known of a model without loading it.

    Attributes:
        name: what `load` and --checkpoint take.
        task: "sisr" (enlarging), "video" (enlarging clips), "inpaint" (holes) or "interp" (scattered pixels).
        scale: magnification; None for the other tasks.
        parameters: number of weights; None for a file that did not ship.
        size: size of the file, in bytes.
        psnr: dB by image set and level, such as "Set5 u=1.3"; for the other tasks with the known pixels kept.
    """

    name: str
    task: str
    scale: int | None
    parameters: int | None
    size: int
    psnr: Mapping[str, float]


def models() -> list[ShippedModel]:
    """List the models that ship, by name.

        >>> import dlnet_tf
        >>> {model.name: model.scale for model in dlnet_tf.models()}["idn_x3_dlnet_gradient"]
        3

    Returns:
        One entry for every `.keras` file among the checkpoints.
    """
    path = CHECKPOINTS / FACTS
    facts = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return [
        ShippedModel(
            name=path.stem,
            task=task_of_model(path.stem),
            scale=_scale_of(path.stem),
            parameters=facts.get(path.stem, {}).get("parameters"),
            size=path.stat().st_size,
            psnr=facts.get(path.stem, {}).get("psnr", {}),
        )
        for path in sorted(CHECKPOINTS.glob("*.keras"))
    ]


def task_of_model(name: str) -> str:
    """Return the task of a model: its name begins with it, or else with the backbone."""
    start = max(
        (start for start in (*TASKS, *networks.NETWORKS) if name.startswith(f"{start}_")), key=len, default=name
    )
    return start if start in TASKS else networks.task_of(start)


def _scale_of(name: str) -> int | None:
    found = re.search(r"_x(\d)(_|$)", name)
    return int(found[1]) if found else None


def find(name: str | os.PathLike[str]) -> pathlib.Path:
    """Return the file of a model.

    Args:
        name: a model that ships, such as "idn_x3_joint"; without the method, "idn_x3", the best DL-Net that ships of
            it; or any `.keras` file.

    Raises:
        UsageError: there is none of this name; the message lists those that there are.
    """
    path = pathlib.Path(name)
    if path.suffix == ".keras" or path.is_file():
        return path
    there = {path.stem: path for path in sorted(CHECKPOINTS.glob("*.keras"))}
    short = _short(there)
    if str(name) not in there and str(name) not in short:
        raise UsageError(f"found no file or model {str(name)!r}, expected one of {', '.join(sorted({*short, *there}))}")
    return there[short.get(str(name), str(name))]


def titles(task: str) -> list[str]:
    """Name the DL-Nets that ship for a task, each without its method."""
    short = _short(path.stem for path in CHECKPOINTS.glob("*.keras"))
    return sorted(title for title in short if task_of_model(title) == task)


def _short(stems: Iterable[str]) -> dict[str, str]:
    """Return the best DL-Net by its title: of two the one that stands last in the table of methods."""
    stems = list(stems)
    return {
        stem.removesuffix(f"_{method}"): stem for method in dlnets() for stem in stems if stem.endswith(f"_{method}")
    }


def load(name: str | os.PathLike[str], max_memory: float = MAX_MEMORY) -> Callable[..., np.ndarray]:
    """Load a model that ships as a function from one photograph to another.

        >>> import dlnet_tf, numpy as np
        >>> restore = dlnet_tf.load("idn_x3")
        >>> photograph = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
        >>> restore(photograph, blur_width="auto").shape
        (90, 120, 3)

    Args:
        name: as `find` takes it; `models` lists the names.
        max_memory: what the whole process may take in super-resolution, in GB.

    Returns:
        That of `restoration.load`: restore(image, blur_width=1.3), restore(frames, blur_width=1.3) or restore(image,
        mask). Its task is the one that the name begins with.

    Raises:
        UsageError: there is no such model.
    """
    path = find(name)
    start = path.stem.partition("_")[0]
    return restoration.load(path, max_memory, start if start in TASKS else None)
