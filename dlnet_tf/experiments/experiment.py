"""What all experiments share: how their models are named, found, loaded and built."""

from __future__ import annotations

import abc
import pathlib

import keras

from dlnet_tf import keras_models, zoo
from dlnet_tf.degradations import Degradation
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import DLNet
from dlnet_tf.likelihood.rules import make_rule
from dlnet_tf.methods import METHODS, with_dlnets
from dlnet_tf.tasks import TASKS

# K of the paper.
NUM_STEPS = 5


class Experiment(abc.ABC):
    """One row of networks: an architecture for a task, trained by each of several methods.

    Attributes:
        task: one of `TASKS`.
        flags_of_kind: the flags that choose the `kind`.
    """

    task: str
    flags_of_kind: str

    @property
    @abc.abstractmethod
    def title(self) -> str:
        """What the names of its models begin with, as in `<title>_<method>.keras`."""

    @property
    def methods(self) -> list[str]:
        """The methods there are, in the order in which tables show them."""
        return with_dlnets(TASKS[self.task].methods)

    @property
    @abc.abstractmethod
    def degradation(self) -> Degradation:
        """W of Eq. 1."""

    @abc.abstractmethod
    def network(self) -> keras.Model:
        """Build the backbone with random weights."""

    @property
    @abc.abstractmethod
    def kind(self) -> str:
        """Architecture of this experiment's backbone, as `describe` names it."""

    @abc.abstractmethod
    def describe(self, network: keras.Model) -> str:
        """Name the architecture of a backbone."""

    @abc.abstractmethod
    def training_command(self, method: str) -> str:
        """Return the command that trains the model of a method."""

    def name(self, method: str) -> str:
        """Return what the model of a method is called, as in its checkpoint."""
        return f"{self.title}_{method}"

    def checkpoint(self, method: str) -> pathlib.Path:
        """Return where the shipped checkpoint of a method lies, if there is one."""
        return zoo.CHECKPOINTS / f"{self.name(method)}.keras"

    def shipped(self) -> list[str]:
        """Return the methods whose checkpoints ship, or those that they take, in the order of `methods`."""
        return [name for name in self.methods if self.checkpoint(METHODS[name].network_of or name).is_file()]

    def load(self, path: pathlib.Path) -> keras.Model:
        """Load a checkpoint of this experiment; raises UsageError for what is none, or of another network."""
        return self.checked(keras_models.load(path), path)

    def checked(self, model: keras.Model, path: pathlib.Path) -> keras.Model:
        """Return the model of a checkpoint; raises UsageError if it is of another network."""
        found = self.describe(keras_models.backbone_of(model))
        if found != self.kind:
            raise UsageError(f"{path}: found a checkpoint of {found}, expected {self.kind} as {self.flags_of_kind} say")
        return model

    def load_start(self, path: pathlib.Path) -> keras.Model:
        """Load the model that training starts from; raises UsageError as `load`."""
        return self.load(path)

    def load_shipped(self, method: str) -> keras.Model:
        """Load the shipped checkpoint of a method, or build its model from the one that it takes.

        Raises:
            UsageError: there is none; the message names the command that trains it.
        """
        network_of = METHODS[method].network_of
        if network_of:
            return self.build(method, self.load_shipped(network_of))
        path = self.checkpoint(method)
        if not path.is_file():
            raise UsageError(
                f"--method={method}: found no {path.name} in {path.parent.name}/; train it with "
                f"{self.training_command(method)}"
            )
        return self.load(path)

    def build(
        self, method: str, network: keras.Model | None, num_steps: int = NUM_STEPS, step_size: float | None = None
    ) -> keras.Model:
        """Build the model of a method.

        Args:
            method: one of `methods`.
            network: backbone to start from; None for random weights.
            num_steps: K of a DL-Net.
            step_size: gamma of a rule that has one; None for that of the task.

        Returns:
            A backbone, or a DL-Net around it.
        """
        network = network or self.network()
        rule = METHODS[method].rule
        if rule is None:
            return network
        of_task = TASKS[self.task]
        update = make_rule(rule, step_size=of_task.step_size if step_size is None else step_size, floor=of_task.floor)
        # Training calibrates again by itself where it starts from scratch.
        return DLNet(
            network, self.degradation, num_steps, update, recalibrate=False, task=self.task, name=self.name(method)
        )
