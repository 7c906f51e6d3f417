"""Files in, files out: which image becomes which file, which mask belongs to it, and how it is encoded."""

from __future__ import annotations

import collections
import dataclasses
import pathlib
from collections.abc import Sequence

import cv2
import numpy as np

from dlnet_tf.data.folder import list_images
from dlnet_tf.data.images import read_image
from dlnet_tf.errors import UsageError
from dlnet_tf.files import check_file

# They hold gray and colour alike.
OUTPUT_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


@dataclasses.dataclass(frozen=True)
class Job:
    """One image to restore.

    Attributes:
        source: image file.
        target: file to write.
        size: height and width of the image.
    """

    source: pathlib.Path
    target: pathlib.Path
    size: tuple[int, int]


def jobs(source: pathlib.Path, target: pathlib.Path, overwrite: bool, max_pixels: int) -> list[Job]:
    """Pair every input file with its output file, all of which can be read and written.

    Args:
        source: --input, an image file or a folder of them.
        target: --output, the file to write; for a folder the folder of .png files of the same relative names.
        overwrite: whether outputs may exist.
        max_pixels: of an image.

    Returns:
        At least one job, in the order of the names.

    Raises:
        UsageError: an image is missing, broken or too large; an output cannot be written, exists, or is that of two
            images.
    """
    if source.is_dir():
        pairs = [(path, target / path.relative_to(source).with_suffix(".png")) for path in list_images(source)]
    elif source.is_file():
        if target.suffix.lower() not in OUTPUT_SUFFIXES:
            expected = ", ".join(OUTPUT_SUFFIXES)
            raise UsageError(f"--output={target}: found suffix {target.suffix!r}, expected one of {expected}")
        pairs = [(source, target)]
    else:
        raise UsageError(f"--input={source}: no such file or folder")
    found = []
    for path, output in pairs:
        check_file(output, overwrite)
        height, width = read_image(path).shape[:2]
        if height * width > max_pixels:
            raise UsageError(
                f"{path}: found {width} x {height} pixels, at most {max_pixels:,} expected; cut it into parts that "
                "overlap, and restore these"
            )
        found.append(Job(path, output, (height, width)))
    output, count = collections.Counter(job.target for job in found).most_common(1)[0]
    if count > 1:
        raise UsageError(f"--input={source}: found {count} images that would all become {output}")
    return found


def masks_of(images: Sequence[pathlib.Path], source: pathlib.Path, masks: pathlib.Path) -> list[pathlib.Path]:
    """Find the mask file of every image.

    Args:
        images: files of `source`.
        source: --input, one of them or the folder that they are in.
        masks: --mask, a file for all images, or a folder with files of the images' relative names, of any suffix.

    Returns:
        One file for each image.

    Raises:
        UsageError: an image has no mask, or several.
    """
    if masks.is_file():
        return [masks] * len(images)
    if not masks.is_dir():
        raise UsageError(f"--mask={masks}: no such file or folder")
    by_name: dict[pathlib.Path, list[pathlib.Path]] = collections.defaultdict(list)
    for path in list_images(masks):
        by_name[path.relative_to(masks).with_suffix("")].append(path)
    found = []
    for image in images:
        name = image.relative_to(source if source.is_dir() else source.parent).with_suffix("")
        candidates = by_name.get(name, [])
        if not candidates:
            raise UsageError(f"--mask={masks}: found no mask for {image}, expected {masks / name}.png or the like")
        if len(candidates) > 1:
            raise UsageError(f"--mask={masks}: found {candidates[0]} and {candidates[1]}, expected one for {image}")
        found.append(candidates[0])
    return found


def encode(path: pathlib.Path, image: np.ndarray) -> bytes:
    """Encode an image as its file's suffix says.

    Args:
        path: the file, with one of `OUTPUT_SUFFIXES`.
        image: uint8 [H, W] or [H, W, 3] RGB.

    Raises:
        UsageError: that kind of file cannot hold an image of this size.
    """
    done, data = cv2.imencode(path.suffix, image if image.ndim == 2 else image[..., ::-1])
    if not done:
        raise UsageError(f"{path}: such a file cannot hold {image.shape[1]} x {image.shape[0]} pixels, expected .png")
    return data.tobytes()
