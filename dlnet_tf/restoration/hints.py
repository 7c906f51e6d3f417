"""What a mask looks like that is probably not meant so."""

from __future__ import annotations

import pathlib

import numpy as np

from dlnet_tf.restoration.scattered import is_scattered
from dlnet_tf.tasks import TASKS

# Share of an image that is seldom filled on purpose.
MOST = 0.5


def hints(path: pathlib.Path, mask: np.ndarray, task: str, mask_white: str) -> list[str]:
    """Return lines that ask whether a mask is turned around, or one of the other task.

    Args:
        path: the mask's file.
        mask: [H, W, 1], 1 = observed, 0 = missing.
        task: "inpaint" or "interp".
        mask_white: what white means in the file, "fill" or "observed".
    """
    found = doubt(mask, task)
    if found == "most":
        other = "observed" if mask_white == "fill" else "fill"
        share = np.mean(mask == 0)
        return [f"{path}: {share:.0%} of the pixels are to be filled; --mask_white={other} turns the mask around"]
    if found == "scattered":
        return [f"{path}: pixels are missing one by one, for which --task=interp is made"]
    if found == "holes":
        return [f"{path}: pixels are missing in holes, for which --task=inpaint is made"]
    return []


def doubt(mask: np.ndarray, task: str) -> str:
    """Return what is odd about a mask: "most" of it is missing, in "holes" or "scattered"; empty if nothing is.

    Args:
        mask: as in `hints`.
        task: as in `hints`.
    """
    missing = float(np.mean(mask == 0))
    if missing == 0:
        return ""
    if missing < 1 and is_scattered(mask[..., 0]):
        return "scattered" if TASKS[task].damage == "holes" else ""
    if missing > MOST:
        return "most"
    return "holes" if TASKS[task].damage == "pixels" else ""
