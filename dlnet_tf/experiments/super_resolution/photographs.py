"""The photographs that a super-resolution model is trained on, and those held out for validation."""

from __future__ import annotations

import pathlib

import numpy as np

from dlnet_tf.colour import luminance
from dlnet_tf.data.middle import middle
from dlnet_tf.data.patches import MAX_BYTES
from dlnet_tf.data.test_sets import KNOWN
from dlnet_tf.errors import UsageError
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.imagefiles.folder import load_images

TRAINING_FOLDERS = ("T91", "BSDS400")
# Every 40th image of the largest training folder is held out, and its middle is what validation sees.
HELD_OUT_EVERY = 40

# (name, luminance)
Named = tuple[str, np.ndarray]


def training_images(data_dir: pathlib.Path, scale: int) -> tuple[list[np.ndarray], list[Named], list[str]]:
    """Read the training folders and hold images out for validation.

    Args:
        data_dir: holds the folders T91 and BSDS400, or any other images, which are then taken themselves, but for the
            known test sets among them.
        scale: t; images that are too small to be scored are not held out.

    Returns:
        (training images, held-out images with names, folder names); uint8 luminance [H, W] each.

    Raises:
        UsageError: no images, broken ones, too many, or none to hold out.
    """
    folders = [data_dir / name for name in TRAINING_FOLDERS if (data_dir / name).is_dir()]
    sets = [_read(folder) for folder in folders] or [_without_test_sets(data_dir, _read(data_dir))]
    largest = max(sets, key=len)
    kept, held_out = _hold_out(largest, scale)
    kept += [image for images in sets if images is not largest for _, image in images]
    if not kept:
        raise UsageError(f"{data_dir}: found {len(largest)} images, expected at least 2, one to hold out")
    return kept, held_out, [folder.name for folder in folders or [data_dir]]


def _hold_out(images: list[Named], scale: int) -> tuple[list[np.ndarray], list[Named]]:
    """Take out every 40th image, or the next one that is large enough to be scored."""
    kept: list[np.ndarray] = []
    held_out: list[Named] = []
    refusal = None
    due = False
    for index, (name, image) in enumerate(images):
        due |= index % HELD_OUT_EVERY == 0
        try:
            if due:
                protocol.make_pairs([(name, middle(image))], scale, 0.0)
        except UsageError as error:
            kept.append(image)
            refusal = error
            continue
        if due:
            held_out.append((name, image))
        else:
            kept.append(image)
        due = False
    if refusal and not held_out:
        raise UsageError(f"found no training image that can be held out for validation; for the last one: {refusal}")
    return kept, held_out


def _read(folder: pathlib.Path) -> list[Named]:
    """Read a folder as luminance, and refuse more than memory may hold before it is full."""
    held = 0

    def prepare(image: np.ndarray) -> np.ndarray:
        nonlocal held
        held += image.shape[0] * image.shape[1]
        if held > MAX_BYTES:
            raise UsageError(f"{folder}: found more than {MAX_BYTES:,} pixels, expected fewer images to train on")
        return luminance(image)

    return load_images(folder, prepare)


def _without_test_sets(data_dir: pathlib.Path, images: list[Named]) -> list[Named]:
    tests = {name: set(KNOWN) & set(pathlib.PurePath(name).parent.parts) for name, _ in images}
    if skipped := sorted(set().union(*tests.values())):
        print(f"{data_dir}: skipped {', '.join(skipped)}, which are for testing")
    return [(name, image) for name, image in images if not tests[name]]
