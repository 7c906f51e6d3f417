"""Inpainting and interpolation of a photograph of any size by a network of 64 x 64 pixels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.restoration.blending import Mosaic
from dlnet_tf.restoration.pixels import check_photograph, planes
from dlnet_tf.restoration.restorer import Restorer
from dlnet_tf.restoration.view import view_of
from dlnet_tf.restoration.windows import SIDE, Layout, Window, grid, holes
from dlnet_tf.tasks import TASKS

FILLING_TASKS = tuple(name for name, task in TASKS.items() if task.damage)
LAYOUTS = {"holes": holes, "pixels": grid}
# Windows that are restored at a time.
BATCH = 32
# Levels of 255 by which channels of a black-and-white photograph may differ: what noise and JPEG's colours leave.
MOST_TINT = 3


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

    The network sees windows: for scattered pixels as `windows.grid` says, for holes as `windows.holes`. Where windows
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
            missing pixels plays no part. Gray, and RGB whose channels are equal but for noise, is shown to the network
            as three equal channels, the mean of which is returned; alpha is filled as a gray image, and stays what it
            is if constant.
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
        filled = _fill(restorer, image[..., 1::2], observed, layout, progress)[..., [0, 0, 0, 1]]
    else:
        filled = np.stack([_fill(restorer, image[..., 1], observed, layout, progress)] * 3, axis=-1)
    if composite:
        np.copyto(filled, image, where=observed[..., None])
    return filled, how


def _fill(
    restorer: Restorer,
    image: np.ndarray,
    observed: np.ndarray,
    layout: Layout,
    progress: Callable[[], object] | None,
) -> np.ndarray:
    """Fill an image, RGB as colours and gray as gray."""
    result = image.copy()
    sources, targets = zip(*planes(image, result), strict=True)
    # Where alpha is restored too, it says which colours are visible.
    alphas = (image[..., -1], None) if len(sources) > 1 else (None,)
    mosaic = Mosaic(layout, [1 if source.ndim == 2 else 3 for source in sources])
    for batch in _batches(layout):
        restored = [
            _restored(restorer, source, observed, batch, alpha) for source, alpha in zip(sources, alphas, strict=True)
        ]
        for window, *values in zip(batch, *restored, strict=True):
            mosaic.add(window, values)
        if progress:
            progress()
    mosaic.finish(targets)
    return result


def _is_without_colours(image: np.ndarray, observed: np.ndarray) -> bool:
    """Tell whether an image is RGB, and as good as gray where it is observed."""
    if image.ndim == 2 or image.shape[2] < 3 or not observed.any():
        return False
    most = MOST_TINT * (np.iinfo(image.dtype).max // 255)
    red, green, blue = (image[..., channel] for channel in range(3))
    # In the integers of the image, which have no sign.
    return not any(
        (np.maximum(green, other) - np.minimum(green, other) > most)[observed].any() for other in (red, blue)
    )


def _restored(
    restorer: Restorer, source: np.ndarray, observed: np.ndarray, batch: list[Window], alpha: np.ndarray | None
) -> np.ndarray:
    """Return what the network makes of windows, [B, 64, 64, C] with the channels of the source."""
    views = [view_of(source, observed, window, alpha) for window in batch]
    degraded, seen = (np.stack(parts) for parts in zip(*views, strict=True))
    restored = restorer(degraded, mask=seen)
    # A gray image gets the mean of the three channels.
    return restored if source.ndim == 3 else restored.mean(axis=-1, keepdims=True)


def count_batches(layout: Layout) -> int:
    """Return how many batches of windows `inpaint` restores: how long it takes."""
    return len(_batches(layout))


def bytes_per_pixel(channels: int, itemsize: int) -> int:
    """Return the memory that `inpaint` takes for each pixel beside the network, its arguments included.

    Args:
        channels: how many the photograph has, 1 to 4.
        itemsize: bytes of each, 1 or 2.
    """
    # Image and result; the sums of each channel; mask, regions and weights, and a window as large as the photograph.
    return channels * (2 * itemsize + 4) + 24


def layout_of(mask: np.ndarray, task: str, composite: bool = True) -> Layout:
    """Return the windows in which `inpaint` looks at a photograph with such a mask."""
    observed = mask.reshape(mask.shape[:2]) > 0
    if task not in FILLING_TASKS:
        raise UsageError(f"found task {task!r}, expected one of {', '.join(FILLING_TASKS)}")
    return LAYOUTS[TASKS[task].damage](observed, composite)


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
        raise UsageError(f"found a mask of shape {list(mask.shape)}, expected {list(size)}, the size of the image")
    observed = mask.reshape(size) > 0
    if not np.array_equal(observed, mask.reshape(size)):
        raise UsageError("found a mask with other values than 0 (missing) and 1 (observed)")
    return observed


def _in_words(layout: Layout, observed: np.ndarray) -> str:
    if min(observed.shape) < SIDE and layout.windows:
        return f"{layout.how}, mirrored beyond its borders to {SIDE} x {SIDE}"
    return layout.how
