"""Inpainting and interpolation: pixels are either seen or missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import keras
import numpy as np
from keras import ops

from dlnet_tf.degradations.batches import per_image
from dlnet_tf.degradations.degradation import Degradation, LinearOperator
from dlnet_tf.degradations.parameter import Parameter
from dlnet_tf.tensors import Tensor


@keras.saving.register_keras_serializable("dlnet_tf")
class Masking(Degradation):
    """y = mask * x: a missing pixel is 0 (black), in every channel.

    Parameters of an operator: mask [B, H, W, 1], 1 = observed, 0 = missing.

        >>> import numpy as np
        >>> from dlnet_tf.degradations import Masking
        >>> x, mask = np.full((1, 1, 3, 2), 0.5, "float32"), np.array([1, 0, 1], "float32").reshape(1, 1, 3, 1)
        >>> np.asarray(Masking()(x, {"mask": mask}))[0, 0, :, 0].tolist()
        [0.5, 0.0, 0.5]
    """

    parameters = (
        Parameter(
            "mask",
            (None, None, None, 1),
            neutral=lambda size: np.ones((1, *size, 1), "float32"),
            example=lambda random, shape: np.rint(random.random(shape)),
            per_pixel=True,
        ),
    )

    def bind(self, parameters: Mapping[str, Tensor], size: tuple[Tensor, Tensor]) -> LinearOperator:
        """Return the operator of the masks; the size is the mask's own. Raises UsageError without a mask."""
        return _Mask(self.select(parameters)["mask"])

    def inverse_reach(self, parameters: Mapping[str, object]) -> int:
        """Return 0: each pixel is inverted by itself."""
        return 0

    def reach(self, shapes: Mapping[str, Sequence[int]]) -> Fraction:
        """Return 0: every pixel is seen or missing by itself."""
        return Fraction(0)


class _Mask(LinearOperator):
    def __init__(self, mask: Tensor) -> None:
        self.mask = ops.convert_to_tensor(mask)

    def apply(self, x: Tensor) -> Tensor:
        return ops.cast(self.mask, x.dtype) * x

    def adjoint(self, y: Tensor) -> Tensor:
        return self.apply(y)  # a diagonal matrix is its own transpose

    def solve(self, r: Tensor, damping: Tensor, noise: Tensor = 0.0) -> Tensor:
        mask = ops.cast(self.mask, r.dtype)
        damping, noise = (ops.cast(per_image(value), r.dtype) for value in (damping, noise))
        # |mask| (mask^2 + damping + noise / |mask|), without a division by 0; r is 0 where nothing is seen.
        denominator = ops.abs(mask) * (ops.square(mask) + damping) + noise
        seen = denominator > 0
        return ops.where(seen, ops.abs(mask) * r / ops.where(seen, denominator, 1.0), 0.0)
