"""Transposed convolution to phases, then depth-to-space: the map of any stride by one of stride 1, but faster."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import keras
from keras import ops

from dlnet_tf.reach import Reach
from dlnet_tf.tensors import Tensor


@keras.saving.register_keras_serializable("dlnet_tf")
class SubpixelTransposedConv(keras.layers.Layer):
    """Transposed convolution, cropped to `strides` times the input size.

    A transposed convolution with one or three output channels leaves most of a vector unit idle. Output pixel
    s a + r of the "valid" transposed convolution is sum_d x[a - d] k[s d + r]: for each of the s*s phases r a
    transposed convolution of stride 1 over d, all phases being its channels. What autodiff makes of that is fast too:
    the gradient with respect to x is an ordinary convolution, and that with respect to k has few channels on the side
    where the library wants them. The kernel is kept as [k, k, filters, in], the layout of `tf.nn.conv2d_transpose`, so
    that published weights drop in.

    Args:
        filters: number of output channels.
        kernel_size: side k of the square kernel, in output pixels.
        strides: integer magnification s.
        crop: first row and column of the "valid" result that is kept; s*n of each are kept.
        use_bias: whether a bias is added to each output channel.
        kernel_initializer: initializer of the kernel.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        strides: int,
        crop: int,
        use_bias: bool = True,
        kernel_initializer: str | dict[str, object] | keras.initializers.Initializer = "he_normal",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.crop = crop
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.taps = -(-kernel_size // strides)  # values of d

    def build(self, input_shape: tuple[int | None, int | None, int | None, int]) -> None:
        """Create the kernel [k, k, filters, in] and the bias [filters]."""
        k = self.kernel_size
        self.kernel = self.add_weight(
            name="kernel",
            shape=(k, k, self.filters, input_shape[-1]),
            initializer=self.kernel_initializer,
        )
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros")

    def subpixel_kernel(self) -> Tensor:
        """Return the kernel of the equivalent transposed convolution of stride 1, [taps, taps, s*s*filters, in]."""
        s, taps = self.strides, self.taps
        after = s * taps - self.kernel_size
        kernel = ops.pad(self.kernel, [[0, after], [0, after], [0, 0], [0, 0]])
        inputs = kernel.shape[-1]
        kernel = ops.reshape(kernel, (taps, s, taps, s, self.filters, inputs))
        return ops.reshape(ops.transpose(kernel, (0, 2, 1, 3, 4, 5)), (taps, taps, s * s * self.filters, inputs))

    def call(self, inputs: Tensor) -> Tensor:
        """Map [B, h, w, in] to [B, s h, s w, filters]."""
        s = self.strides
        # "same" keeps the pixels from s * ((taps - 1) // 2) on and computes no others.
        if self.crop == s * ((self.taps - 1) // 2):
            outputs = depth_to_space(
                ops.conv_transpose(inputs, self.subpixel_kernel(), padding="same", data_format="channels_last"), s
            )
        else:
            batch, height, width, _ = ops.shape(inputs)
            whole = depth_to_space(
                ops.conv_transpose(inputs, self.subpixel_kernel(), padding="valid", data_format="channels_last"), s
            )
            # The gradient of Python's slicing takes TensorFlow ten times as long as that of ops.slice.
            start, size = (0, self.crop, self.crop, 0), (batch, s * height, s * width, self.filters)
            outputs = ops.slice(whole, start, size)
        return outputs + self.bias if self.use_bias else outputs

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return [B, s h, s w, filters]."""
        batch, *size, _ = input_shape
        return (batch, *(None if n is None else n * self.strides for n in size), self.filters)

    def reach(self) -> Reach:
        """Return what a pixel is made of."""
        before = Fraction(self.kernel_size - 1 - self.crop, self.strides)
        return Reach(Fraction(self.strides), before, Fraction(self.crop, self.strides))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "crop": self.crop,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def depth_to_space(x: Tensor, s: int) -> Tensor:
    """Rearrange [B, h, w, s*s*C] to [B, s h, s w, C], phases row-major."""
    batch, height, width, channels = ops.shape(x)
    x = ops.reshape(x, (batch, height, width, s, s, channels // (s * s)))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (batch, height * s, width * s, channels // (s * s)))
