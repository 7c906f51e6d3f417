"""Convolutions of 4 x 4 taps and stride 2 whose kernels get their gradient from matrix products."""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf

from dlnet_tf.tensors import Tensor

# Positions of the smaller grid up to which the products are faster: on 16 x 16 they take twice as long.
MOST_POSITIONS = 64
STRIDES = [1, 2, 2, 1]


def filter_gradient(large: Tensor, small: Tensor) -> tf.Tensor:
    """Return the gradient of the kernel of a convolution of 4 x 4 taps, stride 2 and "same" padding.

    Args:
        large: [B, 2h, 2w, C], the input, or the output's gradient of a transposed convolution.
        small: [B, h, w, F], the output's gradient, or the input of a transposed convolution.

    Returns:
        [4, 4, C, F].
    """
    height, width, filters = small.shape[1:]
    channels = large.shape[-1]
    # A tap is one of 2 x 2 blocks, and in it one of 2 x 2 pixels.
    blocks = tf.nn.space_to_depth(tf.pad(large, [[0, 0], [1, 1], [1, 1], [0, 0]]), 2)
    columns = tf.reshape(small, [-1, filters])
    products = [
        tf.matmul(
            tf.reshape(blocks[:, row : row + height, column : column + width], [-1, 4 * channels]),
            columns,
            transpose_a=True,
        )
        for row in (0, 1)
        for column in (0, 1)
    ]
    taps = tf.reshape(tf.stack(products), [2, 2, 2, 2, channels, filters])
    return tf.reshape(tf.transpose(taps, [0, 2, 1, 3, 4, 5]), [4, 4, channels, filters])


@tf.custom_gradient
def _convolve(inputs: Tensor, kernel: Tensor) -> tuple[tf.Tensor, Callable[[Tensor], tuple[tf.Tensor, tf.Tensor]]]:
    output = tf.nn.conv2d(inputs, kernel, STRIDES, "SAME")

    def gradient(of_output: Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        # What comes back may have lost its sizes on the way.
        of_output = tf.ensure_shape(of_output, output.shape)
        of_inputs = tf.nn.conv2d_transpose(of_output, kernel, tf.shape(inputs), STRIDES, "SAME")
        return of_inputs, filter_gradient(inputs, of_output)

    return output, gradient


@tf.custom_gradient
def _convolve_transposed(
    inputs: Tensor, kernel: Tensor
) -> tuple[tf.Tensor, Callable[[Tensor], tuple[tf.Tensor, tf.Tensor]]]:
    _, height, width, _ = inputs.shape
    shape = [tf.shape(inputs)[0], 2 * height, 2 * width, kernel.shape[2]]
    output = tf.ensure_shape(
        tf.nn.conv2d_transpose(inputs, kernel, shape, STRIDES, "SAME"), [inputs.shape[0], *shape[1:]]
    )

    def gradient(of_output: Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        of_output = tf.ensure_shape(of_output, output.shape)
        return tf.nn.conv2d(of_output, kernel, STRIDES, "SAME"), filter_gradient(of_output, inputs)

    return output, gradient


def _is_slow(layer: keras.layers.Conv2D | keras.layers.Conv2DTranspose, inputs: Tensor, factor: int) -> bool:
    """Return whether oneDNN takes several times as long as it should: in bfloat16, on a small grid."""
    shape = (layer.kernel_size, tuple(layer.strides), layer.padding, tuple(layer.dilation_rate), layer.data_format)
    height, width = inputs.shape[1:3]
    return (
        shape == ((4, 4), (2, 2), "same", (1, 1), "channels_last")
        and layer.compute_dtype == "bfloat16"
        and None not in (height, width)
        and height % factor == width % factor == 0
        and height * width <= MOST_POSITIONS * factor**2
        and not tf.config.list_physical_devices("GPU")
    )


@keras.saving.register_keras_serializable("dlnet_tf")
class FastConv2D(keras.layers.Conv2D):
    """Keras's convolution; where its kernel's gradient would be slow, that is computed by matrix products."""

    def convolution_op(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        """Convolve [B, h, w, C] with a kernel."""
        if self.groups > 1 or not _is_slow(self, inputs, 2):
            return super().convolution_op(inputs, kernel)
        return _convolve(inputs, tf.convert_to_tensor(kernel))


@keras.saving.register_keras_serializable("dlnet_tf")
class FastConv2DTranspose(keras.layers.Conv2DTranspose):
    """Keras's transposed convolution, without a bias; its kernel's gradient is computed in the same way."""

    def call(self, inputs: Tensor) -> Tensor:
        """Convolve [B, h, w, C] to [B, 2h, 2w, F]."""
        if self.use_bias or self.output_padding is not None or not _is_slow(self, inputs, 1):
            return super().call(inputs)
        return self.activation(_convolve_transposed(inputs, tf.convert_to_tensor(self.kernel)))
