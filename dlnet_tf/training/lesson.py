"""What a task fills in to be trained: what a model is shown, asked for and measured by."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import keras
import tensorflow as tf

from dlnet_tf.training.step import LossFunction
from dlnet_tf.validation import Validation


class Curriculum(Protocol):
    """What a run is shown next, as a function of its validations; it may change after each of them.

    Attributes:
        state: all of it, a JSON value; kept with the run.
    """

    state: Any

    def update(self, found: Validation) -> None:
        """Take note of a validation."""

    def curves(self) -> dict[str, float]:
        """Return scalars for TensorBoard."""


class Lesson(abc.ABC):
    """What a model is shown, asked for and measured by.

    Attributes:
        objective: calls the model on a batch's inputs and gives the loss of each sample; its attributes `variables`,
            trained beside the model, and `curves()`, for TensorBoard, are heeded where it has them.
        facts: lines of the model card by heading.
        settings: by flag; a run is resumed with the same ones only.
        clip_norm: largest global norm of the gradient.
        periods: the paper's schedule as (epochs, epochs between two divisions of the learning rate).
        validate_every: steps between two validations.
        curriculum: what changes the batches after a validation.
    """

    objective: LossFunction
    facts: Mapping[str, str] = {}
    settings: Mapping[str, object] = {}
    clip_norm: float
    periods: tuple[int, int] = (300, 80)
    validate_every: int = 500
    curriculum: Curriculum | None = None

    @abc.abstractmethod
    def batches(self, first: int, last: int, context: tf.distribute.InputContext | None = None) -> tf.data.Dataset:
        """Build the batches of the steps [first, last), (inputs, clean) each; they may look at the curriculum.

        Args:
            first: first step, 0 for a fresh run.
            last: one past the last step.
            context: which share of the batch to build; all of it by default.
        """

    @abc.abstractmethod
    def validator(self, model: keras.Model) -> Callable[[], Validation]:
        """Return what measures a float32 model on held-out images; a UsageError of it ends the run."""
