"""Deep Likelihood Networks: one restoration network for every degradation level (arXiv:1904.09105v4)."""

# Before anything imports Keras.
import dlnet_tf.keras_backend  # noqa: F401
from dlnet_tf import backbones, degradations, evaluation, likelihood, reporting, restoration
from dlnet_tf.export import export
from dlnet_tf.likelihood import DLNet, DLNetLayer, split
from dlnet_tf.zoo import load, models

__all__ = [
    "DLNet",
    "DLNetLayer",
    "backbones",
    "degradations",
    "evaluation",
    "export",
    "likelihood",
    "load",
    "models",
    "reporting",
    "restoration",
    "split",
]
