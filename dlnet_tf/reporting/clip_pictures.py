"""Pictures of restored clips: a frame, a strip of frames, and one row over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from dlnet_tf.evaluation.video_protocol import ClipCase, ClipScore
from dlnet_tf.reporting.exhibits import Exhibit, Picture
from dlnet_tf.reporting.pair_pictures import large_pixels, side_by_side
from dlnet_tf.reporting.pictures import telling_window

# Frames in a strip, and the side of the part that is cut out of each. Rows that a profile gives to each frame.
STRIP, SIDE, THICKNESS = 5, 96, 6

OfClip = Mapping[str, tuple[ClipCase, Mapping[str, ClipScore]]]
"""By the label of a level: the test case, and by the label of a method what it made of it."""


def exhibits_of(name: str, found: OfClip) -> list[Exhibit]:
    """Show the middle frame, the part where methods differ most over some frames, and its middle row over time.

    Args:
        name: name of the clip.
        found: at each level, what methods made of it.
    """
    case, _ = next(iter(found.values()))
    middle = len(case.frames) // 2
    pictures = {
        level: side_by_side(case.frames[middle], {label: score.frames[middle] for label, score in made.items()})
        for level, (case, made) in found.items()
    }
    frame = Exhibit(f"{name}, frame {middle + 1}", pictures)
    window = telling_window(frame, SIDE)
    first = max(0, middle - STRIP // 2)

    def strip(frames: Sequence[np.ndarray]) -> np.ndarray:
        return np.concatenate([window.cut(image) for image in frames[first : first + STRIP]], axis=1)

    def profile(frames: Sequence[np.ndarray]) -> np.ndarray:
        row = window.top + window.height // 2
        return np.repeat(np.stack([image[row] for image in frames]), THICKNESS, axis=0)

    return [
        frame,
        Exhibit(f"{name}, successive frames", {level: _over_time(*one, strip) for level, one in found.items()}),
        Exhibit(f"{name}, one row over time", {level: _over_time(*one, profile) for level, one in found.items()}),
    ]


def _over_time(
    case: ClipCase, made: Mapping[str, ClipScore], arrange: Callable[[Sequence[np.ndarray]], np.ndarray]
) -> list[Picture]:
    """Arrange the frames of the input, of every method and of the truth."""
    pictures = [
        Picture(label, arrange([frame.restored for frame in score.frames]), _mean_psnr(score))
        for label, score in made.items()
    ]
    truth = Picture("Truth", arrange([pair.clean for pair in case.frames]))
    return [Picture("Input", arrange([large_pixels(pair) for pair in case.frames])), *pictures, truth]


def _mean_psnr(score: ClipScore) -> float:
    return float(np.mean([frame.psnr for frame in score.frames]))
