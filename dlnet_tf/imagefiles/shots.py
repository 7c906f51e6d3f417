"""Where one shot of a film ends and the next begins; a video file as its shots."""

from __future__ import annotations

import pathlib

import cv2
import numpy as np

from dlnet_tf.imagefiles.video_files import VideoReader

# Side that frames are averaged down to before they are compared, and when two of them are of different shots: their
# mean distance is more than this share of their contrast and this many grey levels besides.
SIDE, SHARE, LEVELS = 32, 0.5, 6 / 255
# Frames of a shot that are kept, so that a film fits into memory.
LONGEST = 100


def is_cut(first: np.ndarray, second: np.ndarray) -> bool:
    """Tell whether two successive frames belong to different shots.

    Args:
        first: luminance in [0, 1], float32 [h, w].
        second: same shape.
    """
    small = [cv2.resize(frame, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for frame in (first, second)]
    contrast = (small[0].std() + small[1].std()) / 2
    return bool(np.abs(small[0] - small[1]).mean() > SHARE * contrast + LEVELS)


def read_shots(path: pathlib.Path) -> list[np.ndarray]:
    """Read the shots of a video file.

    Args:
        path: the file.

    Returns:
        Luminance of each, uint8 [T, H, W], the first `LONGEST` frames.

    Raises:
        UsageError: PyAV is missing, or the file cannot be read to its end.
    """
    shots: list[list[np.ndarray]] = [[]]
    last = None
    for frame in VideoReader(path).frames():
        if last is not None and is_cut(last, frame.luma):
            shots.append([])
        last = frame.luma
        if len(shots[-1]) < LONGEST:
            shots[-1].append(np.rint(255 * frame.luma).astype(np.uint8))
    return [np.stack(frames) for frames in shots if frames]
