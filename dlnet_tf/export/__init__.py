"""Models for inference without this package: SavedModels and LiteRT files, checked after writing."""

from dlnet_tf.export.export import export

__all__ = ["export"]
