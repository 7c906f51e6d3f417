"""Pictures of one image with missing pixels: what was left of it, what methods made of it, and the truth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlnet_tf.evaluation.inpainting_protocol import Scores
from dlnet_tf.method_labels import method_label
from dlnet_tf.reporting.exhibits import Picture


def side_by_side(
    clean: np.ndarray,
    mask: np.ndarray,
    own: Mapping[str, Scores],
    composite: Mapping[str, Scores],
    index: int,
) -> list[Picture]:
    """Put side by side the masked input, what several methods made of it, their composites, and the truth.

    Args:
        clean: x, uint8 [H, W, 3].
        mask: uint8 [H, W, 1], 1 = observed, of the first corruption of that image.
        own: method -> its scores; shown in this order.
        composite: method -> scores of its composites; shown after them. Those not in it show none.
        index: index of the image among those that the scores keep a result of.

    Returns:
        Pictures of one size, as an `Exhibit` holds them for one level.
    """
    made = [
        Picture(f"{method_label(method)}{suffix}", scores.restored[index], float(scores.values["psnr"][index, 0]))
        for suffix, of_kind in (("", own), (", composite", composite))
        for method, scores in of_kind.items()
    ]
    return [Picture("Input", np.where(mask > 0, clean, np.uint8(0))), *made, Picture("Truth", clean)]
