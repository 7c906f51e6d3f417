"""Pictures of one test case of super-resolution: what was degraded, what methods made of it, and the truth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlnet_tf.evaluation.metrics import to_eight_bit
from dlnet_tf.evaluation.super_resolution_protocol import Score, SRPair
from dlnet_tf.reporting.exhibits import Picture


def large_pixels(pair: SRPair) -> np.ndarray:
    """Return the degraded image at the size of the clean one, uint8, every pixel a square."""
    return to_eight_bit(pair.degraded[0, :, :, 0]).repeat(pair.scale, axis=0).repeat(pair.scale, axis=1)


def side_by_side(pair: SRPair, scores: Mapping[str, Score]) -> list[Picture]:
    """Put the input as large pixels beside what several methods made of it, and the truth.

    Args:
        pair: the test case.
        scores: label of a method -> its score of this test case.

    Returns:
        Pictures of one size, as an `Exhibit` holds them for one level.
    """
    made = [Picture(label, score.restored, score.psnr) for label, score in scores.items()]
    return [Picture("Input", large_pixels(pair)), *made, Picture("Truth", pair.clean)]
