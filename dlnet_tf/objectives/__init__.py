"""What training minimises, one file a method."""

from dlnet_tf.objectives.adversarial import Adversarial
from dlnet_tf.objectives.boundary import BoundaryWeighted
from dlnet_tf.objectives.motion import MotionObjective
from dlnet_tf.objectives.multitask import MultiTask
from dlnet_tf.objectives.naive_likelihood import NaiveLikelihood
from dlnet_tf.objectives.objective import Objective
from dlnet_tf.objectives.reconstruction import reconstruction

__all__ = [
    "Adversarial",
    "BoundaryWeighted",
    "MotionObjective",
    "MultiTask",
    "NaiveLikelihood",
    "Objective",
    "reconstruction",
]
