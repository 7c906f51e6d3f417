"""A moving average of the weights, better than those of the last step while the learning rate is large."""

from __future__ import annotations

import keras
import tensorflow as tf

from dlnet_tf.graph_mode import in_graph_mode


class Average:
    """Exponential moving averages of a model's weights and of its batch statistics.

    avg <- d avg + (1 - d) w after step n, where d is the decay for a network that is fine-tuned. N steps leave a share
    of d^N of the weights that it starts from: between start and end lies what is good at both that the network was
    trained for (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022). Random weights are forgotten at
    once: d = min(decay, (1 + n) / (10 + n)). Statistics of batch normalisation are averaged as weights are: those of
    the averaged network differ by what is quadratic in the spread of the weights, while the last step's belong to other
    weights altogether. Single numbers and whole ones (a base of step sizes, a seed) are no part of it.

    Args:
        model: what is trained.
        decay: decay of a step, in (0, 1).
        fine_tuned: whether the first weights are those of a trained network.
    """

    def __init__(self, model: keras.Model, decay: float, fine_tuned: bool) -> None:
        self._model, self._decay, self._fine_tuned = model, decay, fine_tuned
        self._averaged = [
            variable for variable in model.variables if len(variable.shape) and "float" in str(variable.dtype)
        ]
        # Plain ones, of which every worker has its own; all of them see the same weights.
        self._averages = [tf.Variable(variable.value, trainable=False) for variable in self._averaged]

        @in_graph_mode
        def update(weight: tf.Tensor) -> None:
            for average, variable in zip(self._averages, self._averaged, strict=True):
                average.assign_add(weight * (variable.value - average))

        self._update = update

    @property
    def variables(self) -> dict[str, tf.Variable]:
        """The averages by the paths of what they are of."""
        return {variable.path: average for variable, average in zip(self._averaged, self._averages, strict=True)}

    def update(self, step: int) -> None:
        """Take the weights after a step into account; the number of the step, from 1 on, counts."""
        largest = 1.0 if self._fine_tuned else (1 + step) / (10 + step)
        self._update(tf.constant(1 - min(self._decay, largest)))

    def values(self) -> list[tf.Variable | keras.Variable]:
        """Return the averages in the order of the model's variables, and where there is none the variable itself."""
        averages = self.variables
        return [averages.get(variable.path, variable) for variable in self._model.variables]
