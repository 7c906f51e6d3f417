"""The convolution of the super-resolution networks."""

from __future__ import annotations

from keras import layers


def convolution(filters: int, side: int, precision: str, name: str) -> layers.Conv2D:
    """Make a convolution that keeps the size of an image, with He's initialisation, whatever keras.json says of axes.

    Args:
        filters: channels that come out.
        side: side of the kernel, in pixels.
        precision: Keras dtype policy.
        name: name of the layer.
    """
    return layers.Conv2D(
        filters,
        side,
        padding="same",
        kernel_initializer="he_normal",
        dtype=precision,
        name=name,
        data_format="channels_last",
    )
