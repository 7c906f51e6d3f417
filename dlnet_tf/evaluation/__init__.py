"""Metrics, protocols (what is cropped, rounded, averaged) and stored corruptions."""

from dlnet_tf.evaluation import (
    corruptions,
    inpainting_protocol,
    metrics,
    structural_similarity,
    super_resolution_protocol,
)

__all__ = ["corruptions", "inpainting_protocol", "metrics", "structural_similarity", "super_resolution_protocol"]
