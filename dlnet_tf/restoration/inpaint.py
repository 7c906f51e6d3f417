"""Inpainting and interpolation of a photograph of any size by a network of 64 x 64 pixels."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from dlnet_tf.progress import Progress
from dlnet_tf.resize import imresize
from dlnet_tf.restoration.restorer import Restorer
from dlnet_tf.restoration.windows import SIDE, Plan, Window, holes, inside, tiles

# Windows that are restored at a time.
BATCH = 32


def inpaint(
    restorer: Restorer,
    image: np.ndarray,
    mask: np.ndarray,
    task: str,
    composite: bool = True,
    progress: Callable[[int], Progress] | None = None,
) -> tuple[np.ndarray, str]:
    """Fill the missing pixels of a photograph.

    The network sees windows: for scattered pixels tiles that overlap, for holes as `windows.holes` says. Where windows
    overlap, their pixels are averaged with weights that fall to zero towards their borders, so that no seams show. A
    photograph smaller than a window is continued by its mirror images, the mask with it.

    Args:
        restorer: an inpainting or interpolation model for 64 x 64 colour images.
        image: uint8 [H, W] or [H, W, 3] RGB; what it holds at missing pixels plays no part. Gray is shown to the
            network as three equal channels, the mean of which is returned.
        mask: [H, W, 1], 1 = observed, 0 = missing.
        task: "inpaint" (holes) or "interp" (scattered pixels).
        composite: whether observed pixels are kept as they are; if not, they are the network's too.
        progress: called with the number of batches of windows, returns what counts them.

    Returns:
        uint8, of the shape of `image`; what was done, in words.
    """
    observed = mask[..., 0] > 0
    plan = (tiles if task == "interp" else holes)(observed, composite)
    height, width = observed.shape
    colour = image if image.ndim == 3 else np.broadcast_to(image[..., None], (height, width, 3))
    total = np.zeros((height, width, 3), np.float32)
    weights = np.zeros((height, width, 1), np.float32)
    batches = [plan.windows[first : first + BATCH] for first in range(0, len(plan.windows), BATCH)]
    bar = progress(len(batches)) if progress else None
    for batch in batches:
        degraded, seen = (
            np.stack(parts) for parts in zip(*(_look(colour, observed, window) for window in batch), strict=True)
        )
        for window, restored in zip(batch, restorer(degraded, mask=seen), strict=True):
            _add(total, weights, restored, window, plan)
        if bar:
            bar.advance()
    if bar:
        bar.clear()
    return _result(image, total, weights), _in_words(plan, observed)


def _look(image: np.ndarray, observed: np.ndarray, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Return what a network sees in a window: degraded [64, 64, 3] in [0, 1], mask [64, 64, 1], both float32."""
    height, width = observed.shape
    part = np.ix_(_mirrored(window.top, window.side, height), _mirrored(window.left, window.side, width))
    mask = observed[part].astype(np.float32)[..., None]
    degraded = image[part].astype(np.float32) / 255 * mask
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


def _add(total: np.ndarray, weights: np.ndarray, restored: np.ndarray, window: Window, plan: Plan) -> None:
    """Add the pixels of a restored window that are in its group to the weighted sum and the sum of weights."""
    rows, columns = (
        inside(start, window.side, size)
        for start, size in ((window.top, total.shape[0]), (window.left, total.shape[1]))
    )
    if window.side > SIDE:
        restored = imresize(restored, window.side / SIDE).astype(np.float32)
    fades = [_fade(window.top, window.side, total.shape[0]), _fade(window.left, window.side, total.shape[1])]
    weight = np.outer(*fades).astype(np.float32)
    here = tuple(
        slice(part.start - start, part.stop - start) for part, start in ((rows, window.top), (columns, window.left))
    )
    weight = (weight[here] * plan.wanted(rows, columns, window.group))[..., None]
    total[rows, columns] += weight * restored[here]
    weights[rows, columns] += weight


def _fade(start: int, side: int, size: int) -> np.ndarray:
    """Return the weights of a window along one axis: they fall to zero, but not towards the photograph's border."""
    # Of windows that overlap by half the weights add up to 1, as sin^2 and cos^2 do; the first one is not quite 0.
    fade = np.sin(np.pi * (np.arange(side) + 0.5) / side) ** 2
    if start <= 0:
        fade[: side // 2] = 1
    if start + side >= size:
        fade[side // 2 :] = 1
    return fade


def _result(image: np.ndarray, total: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the image with what was restored in the place of its pixels."""
    taken = weights[..., 0] > 0
    restored = 255 * total[taken] / weights[taken]
    if image.ndim == 2:
        restored = restored.mean(axis=-1)
    result = image.copy()
    result[taken] = np.rint(np.clip(restored, 0, 255)).astype(np.uint8)
    return result


def _in_words(plan: Plan, observed: np.ndarray) -> str:
    if min(observed.shape) < SIDE and plan.windows:
        return f"{plan.how}, mirrored beyond its borders to {SIDE} x {SIDE}"
    return plan.how
