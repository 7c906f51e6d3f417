"""Metrics, protocols (what is cropped, rounded, averaged) and stored corruptions."""

from dlnet_tf.evaluation import corruptions, inpainting, metrics, super_resolution

__all__ = ["corruptions", "inpainting", "metrics", "super_resolution"]
