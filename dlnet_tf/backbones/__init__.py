"""Restoration networks, one file each; every one has a layer named `z`."""

from .autoencoder import autoencoder
from .drrn import drrn
from .idn import idn
from .vdsr import vdsr

BACKBONES = {"autoencoder": autoencoder, "drrn": drrn, "idn": idn, "vdsr": vdsr}

__all__ = ["BACKBONES", "autoencoder", "drrn", "idn", "vdsr"]
