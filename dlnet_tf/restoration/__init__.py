"""A degraded photograph in, a restored one out."""

from dlnet_tf.restoration.inpaint import inpaint
from dlnet_tf.restoration.photograph import super_resolve
from dlnet_tf.restoration.restorer import Restorer

__all__ = ["Restorer", "inpaint", "super_resolve"]
