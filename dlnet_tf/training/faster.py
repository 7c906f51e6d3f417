"""The copy of a model that is trained: the same network of layers that train faster."""

from __future__ import annotations

import keras

from dlnet_tf import keras_models
from dlnet_tf.training.filter_gradient import FastConv2D, FastConv2DTranspose
from dlnet_tf.training.fused_normalization import FusedBatchNormalization

FASTER: dict[type[keras.layers.Layer], type[keras.layers.Layer]] = {
    keras.layers.BatchNormalization: FusedBatchNormalization,
    keras.layers.Conv2D: FastConv2D,
    keras.layers.Conv2DTranspose: FastConv2DTranspose,
}


def for_training(model: keras.Model, precision: str) -> keras.Model:
    """Copy a model for training; layers that have a faster version are replaced by it, those of nested models are not.

    Args:
        model: a functional backbone or a DL-Net.
        precision: of the layers before z, as `keras_models.with_precision` takes it.

    Returns:
        A new model with the same weights and variables, in the same order. What is trained ships as the first model,
        whose layers are Keras's own.
    """
    return keras_models.with_precision(model, precision, kinds=FASTER)
