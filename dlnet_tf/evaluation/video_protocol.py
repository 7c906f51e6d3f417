"""The video protocol: every frame scored as a photograph is, and how much the errors flicker."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.evaluation.rows import Row
from dlnet_tf.evaluation.super_resolution_protocol import Noise, Score, SRPair
from dlnet_tf.imagefiles.clips import Clip
from dlnet_tf.tensors import Tensor


class RestoreFrame(Protocol):
    """A method: from a frame and those before and after it to the frame restored."""

    def __call__(
        self, degraded: np.ndarray, blur_width: np.ndarray, noise_sigma: np.ndarray, *, neighbours: np.ndarray
    ) -> Tensor:
        """Map [1, h, w, 1], [1], [1] and [1, h, w, 2], float32, to [1, H, W, 1], about in [0, 1]."""


@dataclasses.dataclass(frozen=True)
class ClipCase:
    """One clip at one level.

    Attributes:
        name: name of the clip.
        frames: test case of every frame, in the order of time.
    """

    name: str
    frames: Sequence[SRPair]

    def neighbours(self, index: int) -> np.ndarray:
        """Return the degraded frames before and after one, [1, h, w, 2]; at an end of the clip the frame itself."""
        around = (max(index - 1, 0), min(index + 1, len(self.frames) - 1))
        return np.concatenate([self.frames[i].degraded for i in around], axis=-1)


@dataclasses.dataclass(frozen=True)
class ClipScore:
    """What a method made of a clip: the scores of its frames, and the flicker in grey levels."""

    name: str
    frames: Sequence[Score]
    flicker: float


def make_cases(clips: Sequence[Clip], scale: int, blur_width: float, noise: Noise = 0.0) -> list[ClipCase]:
    """Degrade the frames of clips by Eq. 1, white noise drawn anew for each frame of a clip.

    Arguments and refusals are those of `super_resolution_protocol.make_pairs`.
    """
    cases = []
    for clip in clips:
        frames: list[SRPair] = []
        for seed, frame in enumerate(clip.frames):
            frames += protocol.make_pairs([(f"{clip.name}/{seed}", frame)], scale, blur_width, noise, seed=seed)
        cases.append(ClipCase(clip.name, frames))
    return cases


def evaluate(restore: RestoreFrame, case: ClipCase) -> ClipScore:
    """Restore and score a clip frame by frame; raises as `super_resolution_protocol.evaluate`."""
    scores = []
    for index, pair in enumerate(case.frames):
        of_frame = functools.partial(restore, neighbours=case.neighbours(index))
        scores += protocol.evaluate(of_frame, [pair])
    restored = np.stack([score.restored for score in scores])
    clean = np.stack([pair.clean for pair in case.frames])
    border = case.frames[0].scale
    inside = (slice(None), slice(border, -border), slice(border, -border))
    return ClipScore(case.name, scores, flicker(restored[inside], clean[inside]))


def flicker(restored: np.ndarray, clean: np.ndarray) -> float:
    """Return the root of the mean squared error of the differences between successive frames.

    An error that stays where it is from frame to frame does not count.

    Args:
        restored: uint8 [T, H, W].
        clean: uint8, same shape.

    Returns:
        Grey levels; 0 for a single frame.
    """
    if len(clean) < 2:
        return 0.0
    changes = np.diff(restored.astype(np.float64), axis=0) - np.diff(clean.astype(np.float64), axis=0)
    return float(np.sqrt(np.mean(changes**2)))


def report_rows(
    scores: Sequence[ClipScore], cases: Sequence[ClipCase], test_set: str, method: str, backbone: str | None = None
) -> list[Row]:
    """Return the rows of a report for one method at one level: one of each clip, and their mean.

    Args:
        scores: what `evaluate` returned.
        cases: what it was given, all of one scale and blur width.
        test_set: name of the set.
        method: as in `super_resolution_protocol.report_row`.
        backbone: the network; None for a method without one.

    Returns:
        Rows as of `super_resolution_protocol.report_row` with `flicker` too; `images` are frames. A clip's set is
        called `<set>/<clip>`.
    """
    rows = [
        protocol.report_row(score.frames, case.frames, f"{test_set}/{case.name}", method, backbone)
        | {"flicker": score.flicker}
        for score, case in zip(scores, cases, strict=True)
    ]
    mean = {key: float(np.mean([row[key] for row in rows])) for key in ("psnr", "ssim", "flicker")}
    total = {"set": test_set, **mean, "images": sum(row["images"] for row in rows)}
    return [*rows, rows[0] | total] if len(rows) > 1 else [rows[0] | total]
