"""The likelihood module: a network split at z, and the steps that make its output reproduce the observation."""

# Every rule is registered with Keras, so that a model with it loads after `import dlnet_tf` alone.
import dlnet_tf.likelihood.rules  # noqa: F401
from dlnet_tf.likelihood.adam_update import AdamUpdate
from dlnet_tf.likelihood.adversarial_prior import AdversarialPrior
from dlnet_tf.likelihood.curvature import largest_eigenvalue
from dlnet_tf.likelihood.gradient_update import GradientUpdate
from dlnet_tf.likelihood.layer import DLNetLayer
from dlnet_tf.likelihood.model import DLNet
from dlnet_tf.likelihood.named_input_model import NamedInputModel
from dlnet_tf.likelihood.priors import TotalVariation
from dlnet_tf.likelihood.split import split
from dlnet_tf.likelihood.start import NeutralStart
from dlnet_tf.likelihood.update import Update

__all__ = [
    "AdamUpdate",
    "AdversarialPrior",
    "DLNet",
    "DLNetLayer",
    "GradientUpdate",
    "NamedInputModel",
    "NeutralStart",
    "TotalVariation",
    "Update",
    "largest_eigenvalue",
    "split",
]
