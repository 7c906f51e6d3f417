"""Super-resolution of a clip in memory: an array of frames to an array of larger ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Unpack

import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.frames import PictureFrame, frame_of, joined
from dlnet_tf.options import MAX_MEMORY
from dlnet_tf.restoration.clips import FrameRestorer, estimate, triplets
from dlnet_tf.restoration.parameter_check import Parameters, check_parameters
from dlnet_tf.restoration.restorer import Restorer
from dlnet_tf.restoration.tiles import cut
from dlnet_tf.rounding import rounding


def enlarge_frames(
    restorer: Restorer,
    frames: np.ndarray,
    scale: int,
    *,
    max_memory: float = MAX_MEMORY,
    progress: Callable[[], object] | None = None,
    **parameters: Unpack[Parameters],
) -> np.ndarray:
    """Enlarge the frames of a clip, each by what it and the ones before and after it show.

    Args:
        restorer: a super-resolution model of this scale, of clips or of photographs.
        frames: uint8 or uint16, in the order of time, [T, h, w] gray or [T, h, w, 3] RGB.
        scale: magnification of the model.
        max_memory: what the whole process may take, in GB.
        progress: called after every frame.
        **parameters: of the degradation, the same for all frames: `blur_width`, `noise_sigma`, or "auto" to estimate
            them, or `kernel` [k, k]; the noise is by default that of rounding to the dtype of `frames`.

    Returns:
        [T, scale h, scale w] or the same with 3, dtype of `frames`.

    Raises:
        UsageError: no such frames or parameters, the memory is too little, or restored values are not finite.
    """
    _check(frames)
    height, width = frames.shape[1:3]
    levels = np.iinfo(frames.dtype).max / 255.0
    if restorer.undoes:
        parameters.setdefault("noise_sigma", rounding(frames.dtype))
    told = parameters | estimate(lambda: _read(frames, levels), scale, parameters)
    check_parameters(told)
    held = frames.nbytes * (1 + scale**2)
    tiles = cut(restorer.model, (height, width), 1, scale, max_memory, told, held)
    enlarge = FrameRestorer(restorer, scale, tiles, told)
    result = np.empty((len(frames), scale * height, scale * width, *frames.shape[3:]), frames.dtype)
    for target, (frame, neighbours) in zip(result, triplets(_read(frames, levels)), strict=True):
        target[...] = np.rint(
            joined(enlarge(frame.luma, neighbours), frame, scale) * (np.iinfo(frames.dtype).max / 255.0)
        )
        if progress:
            progress()
    return result


def _read(frames: np.ndarray, levels: float) -> Iterator[PictureFrame]:
    """Take one frame after another apart; `levels` of its dtype are one of 8 bits."""
    for pixels in frames:
        yield frame_of(pixels / levels)


def _check(frames: np.ndarray) -> None:
    if not isinstance(frames, np.ndarray):
        raise UsageError(f"found frames of type {type(frames).__name__}, expected a NumPy array; try np.stack")
    # [h, w, 3] is one picture, not a clip that is three pixels wide.
    gray, colour = frames.ndim == 3 and frames.shape[2] > 4, frames.ndim == 4 and frames.shape[3] == 3
    if frames.dtype not in (np.uint8, np.uint16) or not (gray or colour) or frames.size == 0:
        raise UsageError(
            f"found frames of {frames.dtype} {list(frames.shape)}, expected uint8 or uint16, [T, h, w] or [T, h, w, 3]"
        )
