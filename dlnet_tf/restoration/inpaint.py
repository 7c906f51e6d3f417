"""Inpainting and interpolation of a photograph of any size by a network of 64 x 64 pixels."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.resize import resize_matrix
from dlnet_tf.restoration.pixels import check_photograph, fill_invisible, planes
from dlnet_tf.restoration.restorer import Restorer
from dlnet_tf.restoration.windows import SIDE, Layout, Window, grid, holes, inside

TASKS = ("inpaint", "interp")
# Windows that are restored at a time.
BATCH = 32
# Rows that are finished at a time.
ROWS = 256


def inpaint(
    restorer: Restorer,
    image: np.ndarray,
    mask: np.ndarray,
    task: str,
    composite: bool = True,
    progress: Callable[[], object] | None = None,
    layout: Layout | None = None,
) -> tuple[np.ndarray, str]:
    """Fill the missing pixels of a photograph.

    The network sees windows: for scattered pixels tiles that overlap, for holes as `windows.holes` says. Where windows
    overlap, their pixels are averaged with weights that fall to zero towards their borders, so that no seams show. A
    photograph smaller than a window is continued by its mirror images, the mask with it.

        >>> import numpy as np
        >>> from dlnet_tf import keras_models, restoration
        >>> model = keras_models.load("checkpoints/inpaint_celeba_dlnet_gradient.keras")
        >>> photograph, mask = np.full((64, 64, 3), 128, np.uint8), np.ones((64, 64))
        >>> mask[20:40, 20:40] = 0
        >>> filled, how = restoration.inpaint(restoration.Restorer(model), photograph, mask, "inpaint")
        >>> how, bool((filled[mask == 1] == 128).all())
        ('1 hole at full size', True)

    Args:
        restorer: an inpainting or interpolation model for 64 x 64 colour images.
        image: uint8 or uint16, [H, W] or [H, W, C]: gray, gray and alpha, RGB, or RGB and alpha; what it holds at
            missing pixels plays no part. Gray, and RGB without any colours, is shown to the network as three equal
            channels, the mean of which is returned; alpha is filled as a gray image, and stays what it is if constant.
        mask: [H, W, 1] or [H, W], 1 or true = observed, 0 = missing.
        task: "inpaint" (holes) or "interp" (scattered pixels).
        composite: whether observed pixels are kept as they are; if not, they are the network's too.
        progress: called after every batch of windows, `count_batches` times.
        layout: that of `layout_of`, where it is known already.

    Returns:
        An image of the shape and dtype of `image`; what was done, in words.

    Raises:
        UsageError: no such image, mask or task, or restored values are not finite.
    """
    check_photograph(image)
    observed = check_mask(mask, image)
    layout = layout or layout_of(observed, task, composite)
    how = _in_words(layout, observed)
    if not _is_without_colours(image, observed):
        return _fill(restorer, image, observed, layout, progress), how
    if image.shape[2] == 4:
        return _fill(restorer, image[..., 2:], observed, layout, progress)[..., [0, 0, 0, 1]], how
    return np.stack([_fill(restorer, image[..., 2], observed, layout, progress)] * 3, axis=-1), how


def _fill(
    restorer: Restorer,
    image: np.ndarray,
    observed: np.ndarray,
    layout: Layout,
    progress: Callable[[], object] | None,
) -> np.ndarray:
    """Fill an image, RGB as colours and gray as gray."""
    result = image.copy()
    parts = planes(image, result)
    alpha = image[..., -1] if len(parts) > 1 else None
    totals = [np.zeros((*observed.shape, 1 if source.ndim == 2 else 3), np.float32) for source, _ in parts]
    weights = np.zeros(observed.shape, np.float32)
    for batch in _batches(layout):
        for index, ((source, _), total) in enumerate(zip(parts, totals, strict=True)):
            _restore(
                restorer, source, observed, batch, layout, total, None if index else weights, None if index else alpha
            )
        if progress:
            progress()
    for (_, target), total in zip(parts, totals, strict=True):
        _finish(target, total, weights)
    return result


def _is_without_colours(image: np.ndarray, observed: np.ndarray) -> bool:
    """Tell whether an image is RGB, and gray all the same where it is observed."""
    if image.ndim == 2 or image.shape[2] < 3 or not observed.any():
        return False
    return not any(((image[..., 2] != image[..., other]) & observed).any() for other in (0, 1))


def _restore(
    restorer: Restorer,
    source: np.ndarray,
    observed: np.ndarray,
    batch: list[Window],
    layout: Layout,
    total: np.ndarray,
    weights: np.ndarray | None,
    alpha: np.ndarray | None,
) -> None:
    """Restore a batch of windows and add them to the sum of all."""
    degraded, seen = (
        np.stack(views) for views in zip(*(_look(source, observed, window, alpha) for window in batch), strict=True)
    )
    for window, restored in zip(batch, restorer(degraded, mask=seen), strict=True):
        # Of a gray image the mean of the three channels is what is kept.
        values = restored if total.shape[-1] == 3 else restored.mean(axis=-1, keepdims=True)
        _add(total, weights, values, window, layout)


def count_batches(layout: Layout) -> int:
    """Return how many batches of windows `inpaint` restores: how long it takes."""
    return len(_batches(layout))


def bytes_per_pixel(channels: int, itemsize: int) -> int:
    """Return the memory that `inpaint` takes for each pixel beside the network, its arguments included.

    Args:
        channels: of the photograph, 1 to 4.
        itemsize: bytes of each, 1 or 2.
    """
    # Image and result; the sums of each channel; mask, regions and weights, and a window as large as the photograph.
    return channels * (2 * itemsize + 4) + 24


def layout_of(mask: np.ndarray, task: str, composite: bool = True) -> Layout:
    """Return the windows in which `inpaint` looks at a photograph with such a mask."""
    observed = mask.reshape(mask.shape[:2]) > 0
    if task not in TASKS:
        raise UsageError(f"found task {task!r}, expected one of {', '.join(TASKS)}")
    return (grid if task == "interp" else holes)(observed, composite)


def _batches(layout: Layout) -> list[list[Window]]:
    return [layout.windows[first : first + BATCH] for first in range(0, len(layout.windows), BATCH)]


def check_mask(mask: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Return a mask as bool [H, W], or say why it is none of the image's."""
    size = image.shape[:2]
    if not isinstance(mask, np.ndarray):
        raise UsageError(
            f"found a mask of type {type(mask).__name__}, expected a NumPy array of 0 (missing) and 1 (observed)"
        )
    if mask.shape not in (size, (*size, 1)):
        raise UsageError(f"found a mask of shape {list(mask.shape)}, expected {list(size)} as the image has")
    observed = mask.reshape(size) > 0
    if not np.array_equal(observed, mask.reshape(size)):
        raise UsageError("found a mask with other values than 0 (missing) and 1 (observed)")
    return observed


def _look(
    image: np.ndarray, observed: np.ndarray, window: Window, alpha: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return what a network sees in a window: degraded [64, 64, 3] in [0, 1], mask [64, 64, 1], both float32.

    Where an alpha is given, colours that are invisible are taken from the nearest visible pixels that are observed.
    """
    height, width = observed.shape
    part = np.ix_(_mirrored(window.top, window.side, height), _mirrored(window.left, window.side, width))
    mask = observed[part].astype(np.float32)
    # A pixel that is missing in part is missing, so that the other ones are true means.
    seen = (_reduced(mask) > 1 - 1e-5).astype(np.float32)[..., None]
    weight = None
    if alpha is not None:
        mask *= alpha[part] > 0
        weight = _reduced(mask)
    # One channel after the other, as a window may be as large as the photograph.
    channels = []
    for channel in [image] if image.ndim == 2 else np.moveaxis(image, -1, 0):
        degraded = channel[part].astype(np.float32)
        degraded *= mask
        degraded = _reduced(degraded)
        if weight is not None:
            degraded = fill_invisible(degraded / np.maximum(weight, 1e-5), weight > 1e-5)
        channels.append(degraded / np.iinfo(image.dtype).max)
    return np.stack(channels * (3 // len(channels)), axis=-1) * seen, seen


def _reduced(image: np.ndarray) -> np.ndarray:
    """Average a window over areas down to 64 x 64."""
    return image if len(image) == SIDE else cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def _mirrored(start: int, side: int, size: int) -> np.ndarray:
    """Return the pixels of a window along one axis; beyond the border the photograph is reflected, edge repeated."""
    index = np.arange(start, start + side) % (2 * size)
    return np.minimum(index, 2 * size - 1 - index)


def _inside(window: Window, size: tuple[int, int]) -> tuple[slice, slice]:
    """Return the part of a photograph that is in a window."""
    return inside(window.top, window.side, size[0]), inside(window.left, window.side, size[1])


def _add(total: np.ndarray, weights: np.ndarray | None, restored: np.ndarray, window: Window, layout: Layout) -> None:
    """Add a restored window, [64, 64, C], to the weighted sum of all, and its weights to theirs unless they are None.

    Pixels that are not in the window's group weigh 0.
    """
    size = layout.labels.shape
    rows, columns = _inside(window, size)
    down = _fade(window.top, window.side, size[0])[rows.start - window.top : rows.stop - window.top]
    across = _fade(window.left, window.side, size[1])[columns.start - window.left : columns.stop - window.left]
    # In parts, as a window may be as large as the photograph.
    for first in range(rows.start, rows.stop, ROWS):
        part = slice(first, min(first + ROWS, rows.stop))
        share = np.outer(down[part.start - rows.start : part.stop - rows.start], across)
        share *= layout.wanted(part, columns, window.group)
        if weights is not None:
            weights[part, columns] += share
        total[part, columns] += share[..., None] * _at_full_size(restored, window, part, columns)


def _at_full_size(restored: np.ndarray, window: Window, rows: slice, columns: slice) -> np.ndarray:
    """Return those pixels of a restored window, [64, 64, C], that are in a part of the photograph."""
    rows, columns = (
        slice(part.start - start, part.stop - start) for part, start in ((rows, window.top), (columns, window.left))
    )
    if window.side == SIDE:
        return restored[rows, columns]
    matrix = resize_matrix(SIDE, window.side, window.side / SIDE)
    return np.tensordot(matrix[rows], np.einsum("ijc,kj->ikc", restored, matrix[columns]), 1)


def _fade(start: int, side: int, size: int) -> np.ndarray:
    """Return the weights of a window along one axis: they fall to zero, but not towards the photograph's border."""
    # The flatter, the more windows share in a pixel; the first one is not quite 0.
    fade = np.sin(np.pi * (np.arange(side) + 0.5) / side).astype(np.float32)
    if start <= 0:
        fade[: side // 2] = 1
    if start + side >= size:
        fade[side // 2 :] = 1
    return fade


def _finish(target: np.ndarray, total: np.ndarray, weights: np.ndarray) -> None:
    """Put what was restored in the place of the pixels of `target`, which is gray or RGB."""
    top = np.iinfo(target.dtype).max
    # In parts, so that no further images are needed.
    for first in range(0, len(target), ROWS):
        part = slice(first, first + ROWS)
        taken = weights[part] > 0
        restored = top * (total[part][taken] / weights[part][taken][:, None])
        restored = restored[..., 0] if target.ndim == 2 else restored
        target[part][taken] = np.rint(np.clip(restored, 0, top)).astype(target.dtype)


def _in_words(layout: Layout, observed: np.ndarray) -> str:
    if min(observed.shape) < SIDE and layout.windows:
        return f"{layout.how}, mirrored beyond its borders to {SIDE} x {SIDE}"
    return layout.how
