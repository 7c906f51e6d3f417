"""Models from files, the network inside one, and the same model in another precision."""

from dlnet_tf.keras_models.graph import backbone_of, pick_inputs, readers, rebuilt
from dlnet_tf.keras_models.load import load
from dlnet_tf.keras_models.precision import with_precision

__all__ = ["backbone_of", "load", "pick_inputs", "readers", "rebuilt", "with_precision"]
