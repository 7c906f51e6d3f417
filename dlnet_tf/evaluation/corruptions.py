"""The fixed corruptions on which inpainting and interpolation are tested: drawn from a seed, written, read."""

from __future__ import annotations

import pathlib
import zipfile
import zlib
from typing import Any

import numpy as np
import tensorflow as tf

from dlnet_tf.degradations import sample_pixel_masks, sample_square_masks, sample_stroke_masks
from dlnet_tf.errors import UsageError
from dlnet_tf.files import write_atomically

SIZE = 64
# Level -> (side of the hole, largest shift off the centre), in pixels.
HOLES = {"s=10": (10, 10), "s=20": (20, 10), "s=30": (30, 10), "s=20 centred": (20, 0)}
# Level -> smallest and largest share of missing pixels.
RATES = {"r=15%": (0.15, 0.15), "r=45%": (0.45, 0.45), "r=75%": (0.75, 0.75), "r=0-75%": (0.0, 0.75)}
# A level's place in its row takes part in the draw: append, never reorder.
LEVELS = {"inpaint": tuple(HOLES), "interp": tuple(RATES)}
# A level beside the protocol: irregular holes.
STROKES = "strokes"
# Seeds are [seed, purpose]; training draws with small purposes.
_FIRST_PURPOSE = {"inpaint": 100, "interp": 200}
_STROKES_PURPOSE = 300


def draw(task: str, level: str, images: int, repeats: int, seed: int) -> np.ndarray:
    """Draw the masks of one level; each depends on (seed, level, image, repeat) alone.

    Args:
        task: `inpaint` or `interp`.
        level: one of `LEVELS[task]`, or `STROKES`.
        images: number of images N.
        repeats: corruptions an image R. Holes that are `centred` are all alike, so that there R is 1 whatever is given.
        seed: 0 <= seed < 2^31.

    Returns:
        [N * R, 64, 64, 1], uint8, 1 = observed and 0 = missing; those of one image stand together: n * R + r.
    """
    repeats = corruptions_an_image(level, repeats)
    purpose = _STROKES_PURPOSE if level == STROKES else _FIRST_PURPOSE[task] + LEVELS[task].index(level)

    @tf.autograph.experimental.do_not_convert
    def one(place: tf.Tensor) -> tf.Tensor:
        of_image = tf.random.fold_in(tf.constant([seed, purpose], tf.int32), place[0], alg="philox")
        own_seed = tf.random.fold_in(of_image, place[1], alg="philox")
        if level == STROKES:
            mask, _ = sample_stroke_masks(own_seed, 1, SIZE)
        elif task == "inpaint":
            side, max_shift = HOLES[level]
            mask, _ = sample_square_masks(own_seed, 1, SIZE, (side, side), max_shift)
        else:
            mask, _ = sample_pixel_masks(own_seed, 1, SIZE, RATES[level])
        return tf.cast(mask[0], tf.uint8)

    places = np.stack(np.divmod(np.arange(images * repeats, dtype=np.int32), np.int32(repeats)), axis=1)
    draw_all = tf.function(
        lambda places: tf.map_fn(one, places, fn_output_signature=tf.TensorSpec((SIZE, SIZE, 1), tf.uint8)),
        autograph=False,
    )
    # Traced on purpose, of which a call would warn at the fifth time.
    return draw_all.get_concrete_function(tf.TensorSpec(places.shape, tf.int32))(tf.constant(places)).numpy()


def corruptions_an_image(level: str, repeats: int) -> int:
    """Return how many different corruptions `draw` makes of an image at a level when asked for `repeats`."""
    return 1 if HOLES.get(level, (0, 1))[1] == 0 else repeats


def save_corruptions(path: pathlib.Path, task: str, images: int, repeats: int, seed: int) -> None:
    """Write the masks of all levels of a task, for others to test on: an .npz that needs no pickle.

    It holds `task`, `images`, `repeats`, `seed` and under the name of each level what `draw` returns.

    Args:
        path: the file; replaced whole.
        task: `inpaint` or `interp`.
        images: number of images.
        repeats: corruptions an image.
        seed: as for `draw`.

    Raises:
        UsageError: the file cannot be written.
    """
    facts = {"images": images, "repeats": repeats, "seed": seed}
    arrays: dict[str, Any] = {"task": np.str_(task), **facts}
    arrays |= {level: draw(task, level, images, repeats, seed) for level in LEVELS[task]}
    write_atomically(path, lambda file: np.savez_compressed(file, **arrays))


def load_corruptions(path: pathlib.Path, task: str, images: int) -> dict[str, np.ndarray]:
    """Read what `save_corruptions` wrote.

    Args:
        path: the .npz file.
        task: `inpaint` or `interp`.
        images: how many images are to be corrupted.

    Returns:
        Level -> masks as `draw` returns them.

    Raises:
        UsageError: the file cannot be read, is of another task or number of images, or a level is missing, of another
            shape or not binary.
    """
    masks = {}
    try:
        # Opened here, because NumPy leaves open what it cannot read.
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            found = str(file["task"]) if "task" in file else None
            if found != task:
                raise UsageError(f"{path}: found corruptions of task {found}, expected {task}")
            if "images" in file and file["images"] != images:
                raise UsageError(f"{path}: found corruptions of {file['images']} images, expected {images}")
            for level in LEVELS[task]:
                if level not in file:
                    raise UsageError(f"{path}: found no array {level!r}, expected {', '.join(LEVELS[task])}")
                masks[level] = _checked(file[level], f"{path}: {level}", images)
    # TypeError: what an .npy file is loaded as has no `with`. RuntimeError: the archive asks for a password.
    except (OSError, ValueError, EOFError, TypeError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise UsageError(f"{path}: cannot be read as corruptions in .npz ({error})") from None
    return masks


def _checked(masks: np.ndarray, name: str, images: int) -> np.ndarray:
    if masks.shape[1:] != (SIZE, SIZE, 1) or masks.dtype not in (np.uint8, np.bool_):
        found = f"{masks.dtype} {list(masks.shape)}"
        raise UsageError(f"{name}: found {found}, expected uint8 [.., {SIZE}, {SIZE}, 1]")
    if not len(masks) or len(masks) % images:
        raise UsageError(f"{name}: found {len(masks)} masks, expected a multiple of {images}, the number of images")
    if masks.max(initial=0) > 1:
        raise UsageError(f"{name}: found the value {masks.max()}, expected 0 (missing) and 1 (observed)")
    return masks.astype(np.uint8, copy=False)
