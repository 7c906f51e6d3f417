"""Test sets: folders of images under the data folder (Set5, Set14, B100 or any other), or the sample photographs."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence

import numpy as np

from dlnet_tf.data.samples import load_samples
from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.folder import load_images

KNOWN = ("Set5", "Set14", "B100")
# What the photographs of `load_samples` are called, where no folder has that name.
SAMPLES = "samples"


def find_test_sets(
    data_dir: str | os.PathLike[str], names: Sequence[str] | None = None, required: bool = False
) -> dict[str, list[tuple[str, np.ndarray]]]:
    """Read test sets from the folders of their names under `data_dir`.

    Args:
        data_dir: the folder that holds one folder a test set.
        names: which sets, in this order; None takes Set5, Set14 and B100 where they are there, else the samples.
        required: whether one of Set5, Set14 and B100 must be there where no names are given.

    Returns:
        For each set its images as (name, uint8 [H, W] or [H, W, 3] RGB), sorted by name.

    Raises:
        UsageError: a set is missing, empty or broken; the message says which sets are there.
    """
    data_dir = pathlib.Path(data_dir)
    if names is None:
        names = [name for name in KNOWN if (data_dir / name).is_dir()] or [SAMPLES]
        if required and names == [SAMPLES]:
            raise UsageError(f"{_found(data_dir)} some of {', '.join(KNOWN)}, or other names in --test_sets")
    missing = [name for name in names if name != SAMPLES and not (data_dir / name).is_dir()]
    if missing:
        raise UsageError(f"{_found(data_dir)} a folder of images named {', '.join(missing)}")
    return {name: load_images(data_dir / name) if (data_dir / name).is_dir() else load_samples() for name in names}


def _found(data_dir: pathlib.Path) -> str:
    there = sorted(p.name for p in data_dir.iterdir() if p.is_dir()) if data_dir.is_dir() else []
    return f"{data_dir}: found {', '.join(there) or 'no folders'}, expected"
