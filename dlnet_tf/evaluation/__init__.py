"""Metrics, protocols (what is cropped, rounded, averaged), the paper's numbers, tables and reports."""

from dlnet_tf.evaluation import corruptions, inpainting, metrics, paper, report, super_resolution, tables

__all__ = ["corruptions", "inpainting", "metrics", "paper", "report", "super_resolution", "tables"]
