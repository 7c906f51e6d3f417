"""Restoration networks, one file each; every one has a layer named `z`."""

from collections.abc import Callable

import keras

from .autoencoder import autoencoder
from .drrn import drrn
from .idn import idn
from .vdsr import vdsr

BACKBONES: dict[str, Callable[..., keras.Model]] = {"autoencoder": autoencoder, "drrn": drrn, "idn": idn, "vdsr": vdsr}

__all__ = ["BACKBONES", "autoencoder", "drrn", "idn", "vdsr"]
