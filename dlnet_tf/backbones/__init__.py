"""Restoration networks, one file each; every one has a layer named `z`."""

import importlib
from collections.abc import Callable

import keras

from dlnet_tf.backbones.autoencoder import autoencoder
from dlnet_tf.backbones.drrn import drrn
from dlnet_tf.backbones.edgeconnect import edgeconnect
from dlnet_tf.backbones.idn import idn
from dlnet_tf.backbones.sft import sft
from dlnet_tf.backbones.vdsr import vdsr
from dlnet_tf.backbones.vespcn import vespcn
from dlnet_tf.networks import NETWORKS

BACKBONES: dict[str, Callable[..., keras.Model]] = {
    name: getattr(importlib.import_module(f"dlnet_tf.backbones.{name}"), name) for name in NETWORKS
}
# And under its own name what is not imported above, in place of the module.
globals().update(BACKBONES)

__all__ = ["BACKBONES", "autoencoder", "drrn", "edgeconnect", "idn", "sft", "vdsr", "vespcn"]
