"""What a model makes of the noise that it is told."""

from __future__ import annotations

import keras

from dlnet_tf.keras_models import backbone_of
from dlnet_tf.likelihood import DLNet
from dlnet_tf.likelihood.plain_network import described


def takes_noise(model: keras.Model) -> bool:
    """Tell whether `noise_sigma` changes what a model restores; to an Adam without a floor its factor is nothing."""
    if _takes_sigma(model) or not isinstance(model, DLNet):
        return _takes_sigma(model)
    return model.start is not None or model.likelihood.prior is not None or not model.update.scale_free


def undoes(model: keras.Model) -> bool:
    """Tell whether even the noise of rounding changes it, as with a start, damped steps or an input of the network."""
    network = described(model)
    return _takes_sigma(model) or network.start is not None or network.update.damping is not None


def _takes_sigma(model: keras.Model) -> bool:
    return "noise_sigma" in {tensor.name for tensor in backbone_of(model).inputs}
