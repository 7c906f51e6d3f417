"""What training minimises."""

from dlnet_tf.objectives.reconstruction import reconstruction

__all__ = ["reconstruction"]
