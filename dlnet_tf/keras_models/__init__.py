"""Models from files, the network inside one, and the same model in another precision."""

from dlnet_tf.keras_models.graph import backbone_of, pick_inputs, readers, rebuilt
from dlnet_tf.keras_models.load import load
from dlnet_tf.keras_models.precision import with_precision
from dlnet_tf.keras_models.transfer import transfer

__all__ = ["backbone_of", "load", "pick_inputs", "readers", "rebuilt", "transfer", "with_precision"]
