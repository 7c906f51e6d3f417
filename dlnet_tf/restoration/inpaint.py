"""Inpainting and interpolation of a photograph of any size by a network of 64 x 64 pixels."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.resize import imresize
from dlnet_tf.restoration.pixels import check_photograph, planes
from dlnet_tf.restoration.restorer import Restorer
from dlnet_tf.restoration.windows import SIDE, Plan, Window, holes, inside, tiles

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
) -> tuple[np.ndarray, str]:
    """Fill the missing pixels of a photograph.

    The network sees windows: for scattered pixels tiles that overlap, for holes as `windows.holes` says. Where windows
    overlap, their pixels are averaged with weights that fall to zero towards their borders, so that no seams show. A
    photograph smaller than a window is continued by its mirror images, the mask with it.

    Args:
        restorer: an inpainting or interpolation model for 64 x 64 colour images.
        image: uint8 or uint16, [H, W] or [H, W, C]: gray, gray and alpha, RGB, or RGB and alpha; what it holds at
            missing pixels plays no part. Gray is shown to the network as three equal channels, the mean of which is
            returned; alpha is filled as a gray image, and where it is the same everywhere it stays so.
        mask: [H, W, 1] or [H, W], 1 or true = observed, 0 = missing.
        task: "inpaint" (holes) or "interp" (scattered pixels).
        composite: whether observed pixels are kept as they are; if not, they are the network's too.
        progress: called after every batch of windows, `count_batches` times.

    Returns:
        An image of the shape and dtype of `image`; what was done, in words.

    Raises:
        UsageError: no such image or mask, or restored values are not finite.
    """
    check_photograph(image)
    observed = _observed(mask, image)
    plan = _plan(observed, task, composite)
    result = image.copy()
    parts = planes(image, result)
    totals = [np.zeros((*observed.shape, 3), np.float32) for _ in parts]
    weights = np.zeros((*observed.shape, 1), np.float32)
    for batch in _batches(plan):
        shares = [_share(window, plan, observed.shape) for window in batch]
        for window, share in zip(batch, shares, strict=True):
            weights[_inside(window, observed.shape)] += share
        for (source, _), total in zip(parts, totals, strict=True):
            degraded, seen = (
                np.stack(views) for views in zip(*(_look(source, observed, window) for window in batch), strict=True)
            )
            for window, share, restored in zip(batch, shares, restorer(degraded, mask=seen), strict=True):
                total[_inside(window, observed.shape)] += share * _at_full_size(restored, window, observed.shape)
        if progress:
            progress()
    for (_, target), total in zip(parts, totals, strict=True):
        _finish(target, total, weights)
    return result, _in_words(plan, observed)


def count_batches(mask: np.ndarray, task: str, composite: bool = True) -> int:
    """Return how many batches of windows `inpaint` restores: how long it takes."""
    return len(_batches(_plan(mask.reshape(mask.shape[:2]) > 0, task, composite)))


def _plan(observed: np.ndarray, task: str, composite: bool) -> Plan:
    return (tiles if task == "interp" else holes)(observed, composite)


def _batches(plan: Plan) -> list[list[Window]]:
    return [plan.windows[first : first + BATCH] for first in range(0, len(plan.windows), BATCH)]


def _observed(mask: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Return a mask as bool [H, W], or say why it is none of the image's."""
    size = image.shape[:2]
    if mask.shape not in (size, (*size, 1)):
        raise UsageError(f"found a mask of shape {list(mask.shape)}, expected {list(size)} as the image has")
    observed = mask.reshape(size) > 0
    if not np.array_equal(observed, mask.reshape(size)):
        raise UsageError("found a mask with other values than 0 (missing) and 1 (observed)")
    return observed


def _look(image: np.ndarray, observed: np.ndarray, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Return what a network sees in a window: degraded [64, 64, 3] in [0, 1], mask [64, 64, 1], both float32."""
    height, width = observed.shape
    part = np.ix_(_mirrored(window.top, window.side, height), _mirrored(window.left, window.side, width))
    mask = observed[part].astype(np.float32)[..., None]
    view = image[part].astype(np.float32) / np.iinfo(image.dtype).max
    degraded = np.broadcast_to(view.reshape(*view.shape[:2], -1), (*view.shape[:2], 3)) * mask
    if window.side > SIDE:
        reduced = cv2.resize(np.concatenate([degraded, mask], axis=-1), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        # A pixel that is missing in part is missing, so that the other ones are true means.
        mask = (reduced[..., 3:] > 1 - 1e-5).astype(np.float32)
        degraded = reduced[..., :3] * mask
    return degraded, mask


def _mirrored(start: int, side: int, size: int) -> np.ndarray:
    """Return the pixels of a window along one axis; beyond the border the photograph is reflected, edge repeated."""
    index = np.arange(start, start + side) % (2 * size)
    return np.minimum(index, 2 * size - 1 - index)


def _inside(window: Window, size: tuple[int, int]) -> tuple[slice, slice]:
    """Return the part of a photograph that is in a window."""
    return inside(window.top, window.side, size[0]), inside(window.left, window.side, size[1])


def _at_full_size(restored: np.ndarray, window: Window, size: tuple[int, int]) -> np.ndarray:
    """Return the pixels of a restored window that are in the photograph."""
    if window.side > SIDE:
        restored = imresize(restored, window.side / SIDE).astype(np.float32)
    return restored[_within(window, size)]


def _within(window: Window, size: tuple[int, int]) -> tuple[slice, slice]:
    """Return the part of a window that is in the photograph."""
    rows, columns = _inside(window, size)
    return (
        slice(rows.start - window.top, rows.stop - window.top),
        slice(columns.start - window.left, columns.stop - window.left),
    )


def _share(window: Window, plan: Plan, size: tuple[int, int]) -> np.ndarray:
    """Return the weights of a window's pixels, [h, w, 1]: 0 for those that are not in its group."""
    fades = [_fade(window.top, window.side, size[0]), _fade(window.left, window.side, size[1])]
    weight = np.outer(*fades).astype(np.float32)[_within(window, size)]
    return (weight * plan.wanted(*_inside(window, size), window.group))[..., None]


def _fade(start: int, side: int, size: int) -> np.ndarray:
    """Return the weights of a window along one axis: they fall to zero, but not towards the photograph's border."""
    # The flatter, the more windows share in a pixel; the first one is not quite 0.
    fade = np.sin(np.pi * (np.arange(side) + 0.5) / side)
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
        taken = weights[part, :, 0] > 0
        restored = top * (total[part][taken] / weights[part][taken])
        if target.ndim == 2:
            restored = restored.mean(axis=-1)
        target[part][taken] = np.rint(np.clip(restored, 0, top)).astype(target.dtype)


def _in_words(plan: Plan, observed: np.ndarray) -> str:
    if min(observed.shape) < SIDE and plan.windows:
        return f"{plan.how}, mirrored beyond its borders to {SIDE} x {SIDE}"
    return plan.how
