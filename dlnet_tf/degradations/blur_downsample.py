"""Super-resolution: blur, then MATLAB's bicubic downsampling, in nothing but matrix products.

Blurring with a replicated border is itself a matrix along each axis, so an isotropic Gaussian folds into the
two matrices R of the bicubic resize: y = A_h x A_w^T with A = R B_u. A general kernel is a sum of k separable
maps, one a kernel row: y = sum_p (R S_p) x (R K_p)^T, with S_p a shift and K_p the blur by row p. The
transposes give exact adjoints, nothing is computed for pixels that the downsampling drops, and all of it
differentiates to any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
from keras import ops

from dlnet_tf.degradations.degradation import Degradation, LinearOperator
from dlnet_tf.errors import UsageError
from dlnet_tf.resize import resize_matrix

RADIUS = 7  # the Gaussian's support is 15 x 15 whatever its width


@keras.saving.register_keras_serializable("dlnet_tf")
class BlurDownsample(Degradation):
    """y = (k * x)|t: blur with a replicated border, then MATLAB's antialiased bicubic `imresize` by 1/t.

    Parameters of an operator, exactly one of:
        blur_width: [B], standard deviation u >= 0 of an isotropic Gaussian with 15 x 15 support, in clean
            pixels; u = 0 blurs nothing.
        kernel: [B, k, k], convolved (not correlated) with the image, k odd; sums to 1 to keep the brightness.

    Args:
        scale: t, clean pixels per degraded pixel, an int >= 1. The degraded size is ceil(n / t).

    Raises:
        UsageError: scale is not an int >= 1.
    """

    parameter_names = ("blur_width", "kernel")
    alternatives = MappingProxyType({"kernel": (None, None, None)})

    def __init__(self, scale: int) -> None:
        if type(scale) is not int or scale < 1:
            raise UsageError(f"BlurDownsample: found scale {scale!r}, expected an int >= 1")
        self.scale = scale

    def bind(self, parameters: Mapping[str, Any], size: tuple[Any, Any]) -> LinearOperator:
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
        height, width = size
        square = isinstance(height, int) and isinstance(width, int) and height == width
        if name == "blur_width":
            taps = gaussian_taps(value)
            rows = self._blurred_resize(height, taps)
            columns = rows if square else self._blurred_resize(width, taps)
            return _Separable(rows, columns)
        _, rows, taps = ops.shape(value)
        # An exported graph does not know the size.
        if isinstance(taps, int) and (rows != taps or taps % 2 == 0):
            raise UsageError(f"kernel: found shape {tuple(value.shape)}, expected [batch, k, k] with k odd")
        shifts = ops.eye(taps, dtype=value.dtype)
        rows = self._blurred_resize(height, shifts)  # [k, h, H]
        columns = self._blurred_resize(width, ops.reshape(value, (-1, taps)))  # [B k, w, W]
        return _SumOfSeparable(rows, columns, taps)

    def neutral_parameters(self, size: tuple[int, int]) -> dict[str, np.ndarray]:
        """Give the width of no blur, [1] float32, whatever the size."""
        return {"blur_width": np.zeros(1, "float32")}

    def _blurred_resize(self, n: Any, taps: Any) -> Any:
        """Return R B for each of the taps [N, k], B their blur of n pixels: [N, ceil(n / scale), n]."""
        dtype = keras.backend.standardize_dtype(taps.dtype)
        resize = ops.convert_to_tensor(resize_matrix(n, -(-n // self.scale), 1 / self.scale, dtype))
        radius = ops.shape(taps)[-1] // 2
        # A row of R B says how much an output reads from each pixel, its row of R spread by the taps, ...
        resize = ops.pad(resize, ((0, 0), (2 * radius, 2 * radius)))[:, :, None]
        spread = ops.conv(resize, ops.transpose(taps)[:, None, :], padding="valid", data_format="channels_last")
        spread = ops.transpose(spread, (2, 0, 1))  # [N, n_out, n + 2 radius]
        # ... and what would be read outside the image is read from its edge pixel.
        left = ops.sum(spread[..., :radius], axis=-1, keepdims=True)
        right = ops.sum(spread[..., radius + n :], axis=-1, keepdims=True)
        left = ops.pad(left, ((0, 0), (0, 0), (0, n - 1)))
        right = ops.pad(right, ((0, 0), (0, 0), (n - 1, 0)))
        return spread[..., radius : radius + n] + left + right

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"scale": self.scale}


def gaussian_taps(blur_width: Any) -> Any:
    """Sample normalised Gaussians; the outer product of one with itself is the 15 x 15 kernel.

    Args:
        blur_width: [B], standard deviation u >= 0 in pixels, floating.

    Returns:
        [B, 15], rows sum to 1; (.., 0, 1, 0, ..) exactly at u = 0.
    """
    # At u = 0.025 the neighbours' exp(-800) is 0 already, in float64 too; u = 0 itself would divide by 0.
    width = ops.maximum(blur_width, 0.025)[:, None]
    offset = ops.arange(-RADIUS, RADIUS + 1, dtype=width.dtype)
    taps = ops.exp(-0.5 * ops.square(offset / width))
    return taps / ops.sum(taps, axis=-1, keepdims=True)


class _Separable(LinearOperator):
    """y_c = A_h x_c A_w^T with A_h [B, h, H] and A_w [B, w, W]."""

    def __init__(self, rows: Any, columns: Any) -> None:
        self.rows, self.columns = rows[:, None], columns[:, None]

    def apply(self, x: Any) -> Any:
        return _sandwich(self.rows, x, _transpose(self.columns))

    def adjoint(self, y: Any) -> Any:
        return _sandwich(_transpose(self.rows), y, self.columns)


class _SumOfSeparable(LinearOperator):
    """y_c = sum_p M_p x_c N_p^T with M [k, h, H], the same for all images, and N [B k, w, W]."""

    def __init__(self, rows: Any, columns: Any, terms: int) -> None:
        _, h, height = ops.shape(rows)
        _, w, width = ops.shape(columns)
        # The sum over p is the inner axis of one product: M as [h, H k], N as [B, k w, W].
        self.rows = ops.reshape(ops.transpose(rows, (1, 2, 0)), (h, height * terms))
        self.columns = ops.reshape(columns, (-1, 1, terms * w, width))
        self.terms = terms

    def apply(self, x: Any) -> Any:
        x = _channels_first(x)
        rows, columns = ops.cast(self.rows, x.dtype), ops.cast(self.columns, x.dtype)
        x = ops.matmul(x, _transpose(columns))  # [B, C, H, k w]
        batch, channels, height, _ = ops.shape(x)
        x = ops.reshape(x, (batch, channels, height * self.terms, -1))
        return _channels_last(ops.matmul(rows, x))

    def adjoint(self, y: Any) -> Any:
        y = _channels_first(y)
        rows, columns = ops.cast(self.rows, y.dtype), ops.cast(self.columns, y.dtype)
        y = ops.matmul(_transpose(rows), y)  # [B, C, H k, w]
        batch, channels, _, w = ops.shape(y)
        y = ops.reshape(y, (batch, channels, -1, self.terms * w))
        return _channels_last(ops.matmul(y, columns))


def _sandwich(left: Any, image: Any, right: Any) -> Any:
    """Return left [B, 1, p, q] image [B, q, r, C] right [B, 1, r, s], a product a channel."""
    left, right = ops.cast(left, image.dtype), ops.cast(right, image.dtype)
    return _channels_last(ops.matmul(ops.matmul(left, _channels_first(image)), right))


def _transpose(matrix: Any) -> Any:
    return ops.swapaxes(matrix, -1, -2)


def _channels_first(image: Any) -> Any:
    return ops.transpose(image, (0, 3, 1, 2))


def _channels_last(image: Any) -> Any:
    return ops.transpose(image, (0, 2, 3, 1))
