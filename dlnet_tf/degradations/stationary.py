"""W W^T of a general kernel inverted in the frequency domain, where it is nearly diagonal.

Away from the border W W^T is a convolution of the degraded image; its response to a single pixel tells its spectrum, by
which a Fourier transform of the mirrored residual is divided.
"""

from __future__ import annotations

from keras import ops

from dlnet_tf.degradations.batches import per_image
from dlnet_tf.degradations.fourier import filtered, spectrum
from dlnet_tf.tensors import Tensor

# Mirrored pixels about the image, beyond which an inverse is cut off.
MARGIN = 32
# Smallest damping, a share of the largest eigenvalue: at the border W W^T is another convolution, and what a sharper
# inverse makes of the difference grows from step to step.
SMALLEST = 1e-2
# Below this share of the largest eigenvalue the spectrum is rounding.
RESOLUTION = 1e-7


def solve_stationary(response: Tensor, r: Tensor, damping: Tensor, noise: Tensor) -> Tensor:
    """Compute about (W W^T + damping + noise (W W^T)^(-1/2))^-1 r for a W W^T that is a convolution inside the image.

    Args:
        response: response of W W^T to one pixel in the middle, [B, n, n] with n odd.
        r: [B, h, w, C], floating.
        damping: >= 0, a number or [B].
        noise: >= 0, a number or [B].

    Returns:
        [B, h, w, C], dtype of r.
    """
    _, h, w, _ = ops.shape(r)
    response = ops.cast(response, r.dtype)
    side = ops.shape(response)[-1]
    # Even, as the inverse of a real transform expects, and no smaller than the response.
    rows, columns = (ops.maximum(n + 2 * MARGIN, side + 1) // 2 * 2 for n in (h, w))
    corner = ops.pad(response, ((0, 0), (0, rows - side), (0, columns - side)))
    corner = ops.roll(corner, (-(side // 2), -(side // 2)), axis=(1, 2))
    power = spectrum(corner)[:, None]
    largest = ops.max(power, axis=(1, 2, 3), keepdims=True)
    damping, noise = (ops.cast(per_image(value), r.dtype) for value in (damping, noise))
    rising = noise * ops.rsqrt(ops.maximum(power, RESOLUTION * largest))
    gain = 1.0 / (ops.maximum(power, 0.0) + ops.maximum(damping, SMALLEST * largest) + rising)

    index_rows, index_columns = (_mirrored(size, n) for size, n in ((rows, h), (columns, w)))
    around = ops.transpose(ops.take(ops.take(r, index_rows, 1), index_columns, 2), (0, 3, 1, 2))
    s = filtered(around, gain)
    return ops.transpose(s, (0, 2, 3, 1))[:, MARGIN : MARGIN + h, MARGIN : MARGIN + w]


def _mirrored(size: Tensor, n: Tensor) -> Tensor:
    """Return the pixels of an axis of n that stand at -MARGIN .. size - MARGIN, the edge repeated."""
    index = ops.mod(ops.arange(size) - MARGIN, 2 * n)
    return ops.where(index < n, index, 2 * n - 1 - index)
