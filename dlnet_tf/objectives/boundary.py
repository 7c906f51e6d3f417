"""The boundary-weighted loss of networks that only fill holes (Table XI of arXiv:1904.09105v4)."""

from __future__ import annotations

from collections.abc import Mapping

from keras import ops

from dlnet_tf.objectives.objective import Objective
from dlnet_tf.tensors import Tensor

# Width of the band in pixels.
BAND = 7
BAND_WEIGHT = 10.0


class BoundaryWeighted(Objective):
    """1/2 sum w (xhat - x)^2 + decay, with w = 1 in the hole, 10 in a band around it, 0 elsewhere.

    The loss takes a hole to be larger than it is, so that what is filled in continues what is around it; as in the
    context encoders of Pathak et al., CVPR 2016, and to be evaluated as a composite. Needs `mask`; a hole may have any
    form.

    Args:
        weight_decay: as in `Objective`.
        band: width of the band in pixels, >= 0.
    """

    def __init__(self, weight_decay: float = 0.0, band: int = BAND) -> None:
        super().__init__(weight_decay)
        self.band = band

    def error(self, restored: Tensor, clean: Tensor, inputs: Mapping[str, Tensor]) -> Tensor:
        """Return the loss of every sample without the decay, [B]."""
        weight = self._weight(restored, inputs)
        return 0.5 * ops.sum(weight * ops.square(restored - clean), axis=(1, 2, 3))

    def values(self, restored: Tensor, inputs: Mapping[str, Tensor]) -> Tensor:
        """Return how many values have a weight, [B]."""
        weighted = ops.cast(self._weight(restored, inputs) > 0, restored.dtype)
        return restored.shape[-1] * ops.sum(weighted, axis=(1, 2, 3))

    def _weight(self, restored: Tensor, inputs: Mapping[str, Tensor]) -> Tensor:
        return boundary_weight(ops.cast(inputs["mask"], restored.dtype), self.band)


def boundary_weight(mask: Tensor, band: int) -> Tensor:
    """Return w of masks: 1 where a pixel is missing, 10 up to `band` pixels (diagonals included) from it, 0 elsewhere.

    Args:
        mask: [B, H, W, 1], 1 = observed, 0 = missing.
        band: >= 0.

    Returns:
        [B, H, W, 1].
    """
    side = 2 * band + 1
    hole = 1 - mask
    # A square window is a row of columns.
    enlarged = hole
    for window in ((side, 1), (1, side)):
        enlarged = ops.max_pool(enlarged, window, 1, "same", data_format="channels_last")
    return hole + BAND_WEIGHT * (enlarged - hole)
