"""Test sets as folders of images under the data folder: Set5, Set14, B100 or any other."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence

import numpy as np

from dlnet_tf.data.folder import load_images
from dlnet_tf.errors import UsageError

KNOWN = ("Set5", "Set14", "B100")


def find_test_sets(
    data_dir: str | os.PathLike[str], names: Sequence[str] | None = None
) -> dict[str, list[tuple[str, np.ndarray]]]:
    """Read test sets from the folders of their names under `data_dir`.

    Args:
        data_dir: the folder that holds one folder a test set.
        names: which sets, in this order; None takes Set5, Set14 and B100 where they are there, perhaps none.

    Returns:
        For each set its images as (name, uint8 [H, W] or [H, W, 3] RGB), sorted by name.

    Raises:
        UsageError: a named set is missing, empty or broken; the message says which sets are there.
    """
    data_dir = pathlib.Path(data_dir)
    if names is None:
        names = [name for name in KNOWN if (data_dir / name).is_dir()]
    missing = [name for name in names if not (data_dir / name).is_dir()]
    if missing:
        there = sorted(p.name for p in data_dir.iterdir() if p.is_dir()) if data_dir.is_dir() else []
        found = f"found {', '.join(there)}" if there else "found no folders"
        raise UsageError(f"{data_dir}: {found}, expected a folder of images named {', '.join(missing)}")
    return {name: load_images(data_dir / name) for name in names}
