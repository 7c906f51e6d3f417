"""Super-resolution: blur, then MATLAB's bicubic downsampling, in nothing but matrix products.

Blurring with a replicated border is itself a matrix along each axis, so an isotropic Gaussian folds into the
two matrices R of the bicubic resize: y = A_h x A_w^T with A = R B_u. A general kernel is a sum of such maps, see
`kernel_blur`. The transposes give exact adjoints, nothing is computed for pixels that the downsampling drops, and
all of it differentiates to any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, cast

import keras
import numpy as np
from keras import ops

from dlnet_tf.degradations.blurred_resize import RADIUS, blurred_resize, gaussian_taps
from dlnet_tf.degradations.degradation import Degradation, LinearOperator
from dlnet_tf.degradations.kernel_blur import bind_kernel, example_kernels
from dlnet_tf.degradations.kronecker import LONGEST, Eigen, eigen, inverse_reach
from dlnet_tf.degradations.parameter import Parameter
from dlnet_tf.degradations.portable import precision
from dlnet_tf.degradations.separable import Separable, SumOfSeparable, of_axes
from dlnet_tf.errors import UsageError
from dlnet_tf.resize import along_axes, resize_matrix
from dlnet_tf.tensors import Tensor

# Names of what both axes are decomposed into.
PREPARED = ("row_values", "row_vectors", "column_values", "column_vectors")
# By scale, share of the largest eigenvalue: what exact data still tell apart; where training starts from.
DAMPING = {1: 1e-8, 2: 1e-8, 3: 1e-7, 4: 1e-6}


def _factors(prepared: Mapping[str, Tensor]) -> tuple[Eigen, Eigen]:
    row_values, row_vectors, column_values, column_vectors = (prepared[name] for name in PREPARED)
    return Eigen(row_values, row_vectors), Eigen(column_values, column_vectors)


def _blur_widths(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return 3 * random.random(shape)


@keras.saving.register_keras_serializable("dlnet_tf")
class BlurDownsample(Degradation):
    """y = (k * x)|t: blur with a replicated border, then MATLAB's antialiased bicubic `imresize` by 1/t.

    Parameters of an operator, exactly one of:
        blur_width: [B], standard deviation u >= 0 of an isotropic Gaussian with 15 x 15 support, in clean
            pixels; u = 0 blurs nothing.
        kernel: [B, k, k], convolved (not correlated) with the image, k odd; sums to 1 to keep the brightness.

        >>> import numpy as np
        >>> from dlnet_tf.degradations import BlurDownsample
        >>> x, u = np.full((2, 12, 10, 1), 0.5, "float32"), np.array([0, 1.3], "float32")
        >>> tuple(BlurDownsample(3)(x, {"blur_width": u}).shape)
        (2, 4, 4, 1)

    Args:
        scale: t, clean pixels per degraded pixel, an int >= 1. The degraded size is ceil(n / t).

    Raises:
        UsageError: scale is not an int >= 1.
    """

    parameters = (
        Parameter("blur_width", (None,), neutral=lambda size: np.zeros(1, "float32"), example=_blur_widths),
        Parameter("kernel", (None, None, None), example=example_kernels),
    )

    def __init__(self, scale: int) -> None:
        if type(scale) is not int or scale < 1:
            raise UsageError(f"BlurDownsample: found scale {scale!r}, expected an int >= 1")
        self.scale = scale
        # Rows sum to 1, and a clean pixel is read t times less often than a degraded one reads.
        self.gain = 1.0 / scale**2
        self.damping = DAMPING.get(scale, DAMPING[4])

    def bind(self, parameters: Mapping[str, Tensor], size: tuple[Tensor, Tensor]) -> LinearOperator:
        """Build the matrices of a batch of blurs.

        Args:
            parameters: {"blur_width": [B]} or {"kernel": [B, k, k]}, floating.
            size: (H, W) of the clean images, each an int or a scalar integer tensor.

        Returns:
            The operator from [B, H, W, C] to [B, ceil(H / scale), ceil(W / scale), C]; its matrices have the
            parameters' precision, float32 at least.

        Raises:
            UsageError: not exactly one parameter, or a kernel whose sides are not odd and equal.
        """
        ((name, value),) = self.select(parameters).items()
        value = ops.convert_to_tensor(value)
        # Matrices in bfloat16 would shift the image's brightness by whole grey levels.
        value = ops.cast(value, keras.backend.result_type(value.dtype, "float32"))
        if name == "kernel":
            return bind_kernel(value, self.scale, size)
        rows, columns = of_axes(lambda n: blurred_resize(n, self.scale, gaussian_taps(value)), size)
        degraded = (-(-size[0] // self.scale), -(-size[1] // self.scale))
        return Separable(rows, columns, lambda: _factors(self.prepare(parameters, size)), degraded)

    def prepare(self, parameters: Mapping[str, Tensor], size: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """Decompose A A^T of the windows of both axes where the blur has a width."""
        if "blur_width" not in parameters or PREPARED[0] in parameters:
            return dict(parameters)
        # What is inverted has to be known better than it is applied.
        taps = gaussian_taps(ops.cast(parameters["blur_width"], precision()))
        rows, columns = of_axes(lambda n: eigen(blurred_resize(self._window(n), self.scale, taps)), size)
        return dict(parameters) | dict(zip(PREPARED, (*rows, *columns), strict=True))

    def start(self, y: Tensor, operator: LinearOperator, damping: Tensor, noise: Tensor) -> Tensor:
        """Compute y0 = W0 x1 with x1 = xb + W^T (W W^T + ..)^-1 (y - W xb), xb the bicubic image of y, W0 unblurred.

        What y shows of the image is kept, and what the blur hid of it is brought back as far as the damping lets it.

        Args:
            y: [B, h, w, C], floating.
            operator: W of the images of t h x t w pixels.
            damping: as `LinearOperator.solve` takes it.
            noise: as `LinearOperator.solve` takes it.

        Returns:
            [B, h, w, C], dtype of y.
        """
        # Matrices are multiplied before images are, so that no image has the clean size. W0 is `down`.
        t, size, dtype = self.scale, self.restored_size(ops.shape(y)), keras.backend.standardize_dtype(y.dtype)
        up = of_axes(lambda n: ops.convert_to_tensor(resize_matrix(n // t, n, t, dtype)), size)
        down = of_axes(lambda n: ops.convert_to_tensor(resize_matrix(n, n // t, 1 / t, dtype)), size)
        neutral = along_axes(ops.matmul(down[0], up[0]), y, ops.matmul(down[1], up[1]))
        maps = cast(Separable | SumOfSeparable, operator)
        seen, shown = maps.after(*up), maps.after(*(ops.transpose(matrix) for matrix in down))
        # The adjoint of W W0^T is W0 W^T.
        return neutral + shown.adjoint(operator.solve(y - seen.apply(y), damping, noise))

    def reach(self, shapes: Mapping[str, Sequence[int]]) -> Fraction:
        """Return what the blur and the bicubic kernel read, as the base class says."""
        radius = shapes["kernel"][0] // 2 if "kernel" in shapes else RADIUS
        # The bicubic kernel is 4 t clean pixels wide, and the blur's radius comes to each side.
        return Fraction(4 * self.scale + 2 * radius, self.scale)

    def inverse_reach(self, parameters: Mapping[str, object]) -> int:
        """Return what was measured for Gaussians, as the base class says."""
        return inverse_reach(parameters.get("blur_width"), self.scale)

    def values_per_pixel(self, shapes: Mapping[str, Sequence[int]]) -> int:
        """Return what the sum of separable maps holds that a kernel is, as the base class says."""
        return 4 * self.scale * shapes["kernel"][0] if "kernel" in shapes else 0

    def _window(self, clean: Tensor) -> Tensor:
        """Return the clean pixels of an axis that is solved in windows: all of them where one window holds them."""
        longest = self.scale * LONGEST
        return min(clean, longest) if isinstance(clean, int) else ops.minimum(clean, longest)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"scale": self.scale}
