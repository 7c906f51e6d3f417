"""The likelihood module: K evaluations of h with K - 1 updates of z between them."""

from __future__ import annotations

import functools
import numbers
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from dlnet_tf.copies import copies
from dlnet_tf.degradations import Degradation, LinearOperator
from dlnet_tf.degradations.batches import for_batch, per_image
from dlnet_tf.degradations.noise import fidelity_weight
from dlnet_tf.likelihood.adam_update import AdamUpdate
from dlnet_tf.likelihood.chunks import in_chunks
from dlnet_tf.likelihood.fused import can_be_fused, fused
from dlnet_tf.likelihood.priors import Prior
from dlnet_tf.likelihood.second_order import adds_losses, check_differentiable, gradient_of, keep_whole_statistics
from dlnet_tf.likelihood.update import Update
from dlnet_tf.tensors import Tensor


@keras.saving.register_keras_serializable("dlnet_tf")
class DLNetLayer(keras.layers.Layer):
    """Reduce the fidelity |W h(z) - y|^2 by a few updates of z and return h(z): Eq. (4) and (5) of arXiv:1904.09105v4.

    The fidelity is a plain sum over the degraded pixels of each sample, so that samples do not influence each other.
    In training, second-order gradients flow through every update, and h's own state (batch statistics, random seeds)
    changes once a call, by the last evaluation.

        >>> import numpy as np
        >>> from dlnet_tf import DLNetLayer, backbones, degradations, split
        >>> g, h = split(backbones.idn(scale=3))
        >>> layer = DLNetLayer(h, degradations.BlurDownsample(3), num_steps=2)
        >>> y, u = np.zeros((2, 8, 6, 1), "float32"), np.array([0, 1.3], "float32")
        >>> tuple(layer(g({"degraded": y}), degraded=y, parameters={"blur_width": u}).shape)
        (2, 24, 18, 1)

    Args:
        head: h, a model [z, *crossing] -> [B, H, W, C].
        degradation: W, the operator of Eq. (1).
        num_steps: K, the number of evaluations of h, >= 1; with K = 1 nothing is updated.
        update: the rule that moves z; Adam with step size 1e-3 by default.
        prior: R of Eq. (3), a function [B, H, W, C] -> [B], twice differentiable, whose value at h(z) is added to the
            fidelity.

    Raises:
        ValueError: num_steps is not a positive integer.
    """

    def __init__(
        self,
        head: keras.Model,
        degradation: Degradation,
        num_steps: int = 5,
        update: Update | None = None,
        prior: Prior | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32", "autocast": False} | kwargs)
        keep_whole_statistics(head)
        self.head = head
        self.degradation = degradation
        self.num_steps = num_steps
        self.update = update or AdamUpdate()
        self.prior = prior
        self.update.attach(degradation)
        if not self.update.built:
            self.update.build((num_steps - 1, head.inputs[0].shape[-1]))
        self.built = True
        # Whether h is known to have second derivatives.
        self._twice = False

    @functools.cached_property
    def _adds_losses(self) -> bool:
        return adds_losses(self.head)

    @property
    def num_steps(self) -> int:
        """K, the number of evaluations of h."""
        return self._num_steps

    @num_steps.setter
    def num_steps(self, value: int) -> None:
        if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
            raise ValueError(f"num_steps is {value!r}, expected an integer of at least 1")
        self._num_steps: int = int(value)

    def call(
        self,
        inputs: Tensor,
        degraded: Tensor,
        parameters: dict[str, Tensor],
        training: bool | None = None,
        return_fidelity: bool = False,
    ) -> Tensor:
        """Restore.

        Args:
            inputs: [z, *crossing], what g returns, or z alone.
            degraded: y, [B, h, w, C], values in [0, 1].
            parameters: those of the degradation, each with a leading batch axis of B or 1; optionally `noise_sigma`
                [B], the standard deviation of the noise on y in units of y. A damped step is damped by it, that of
                8-bit images where it is not given; in any other one the fidelity weighs less beside the prior.
            training: whether h runs in training mode.
            return_fidelity: whether the fidelity before every update and after the last one is returned too.

        Returns:
            h(z) after K - 1 updates, [B, H, W, C]; with `return_fidelity` also the fidelity, [K, B].
        """
        z, *crossing = keras.tree.flatten(inputs)
        # Half precision is too coarse for z: a step of 1e-3 would vanish in it.
        z = ops.cast(z, self.head.inputs[0].dtype)
        y = ops.cast(degraded, z.dtype)
        arguments = [z, crossing, y, for_batch(parameters, ops.shape(y)[0])]
        # In training h may look at the whole batch, and its backward pass needs all that a loop over parts would drop.
        descend = functools.partial(self._descend, training=training, return_fidelity=return_fidelity)
        if training and self.num_steps > 1 and not self._twice:
            check_differentiable(self.head, twice=True)
            self._twice = True
        # Losses that h adds in parts of a batch cannot be put together.
        if training or self._adds_losses:
            restored, *fidelity = descend(*arguments)
        else:
            (image,) = self.head.outputs
            specs = [tf.TensorSpec(image.shape, image.dtype), tf.TensorSpec((None, self.num_steps), z.dtype)]
            restored, *fidelity = in_chunks(descend, arguments, specs[: 1 + return_fidelity])
        return (restored, ops.transpose(fidelity[0])) if return_fidelity else restored

    def _descend(
        self,
        z: Tensor,
        crossing: list[Tensor],
        y: Tensor,
        parameters: dict[str, Tensor],
        training: bool | None,
        return_fidelity: bool,
    ) -> list[Tensor]:
        """Take the steps; return [h(z)] and, if asked for, the fidelity before each and after the last, [B, K]."""
        parameters = dict(parameters)
        sigma = parameters.pop("noise_sigma", None)
        sigma = None if sigma is None else ops.cast(sigma, z.dtype)
        operator = self.degradation.bind(parameters, self.degradation.restored_size(ops.shape(y)))
        advance = fused(self.update) if training and can_be_fused(self.update) else None
        residuals, gradients = [], []
        state = None
        # A snapshot: what h writes to its variables inside the loop is dropped with the scope.
        values = [(variable, variable.value) for variable in self.head.variables]
        uses = [copies(tensor, self.num_steps) if training else [tensor] * self.num_steps for tensor in crossing]
        for index in range(self.num_steps - 1):
            with tf.GradientTape(watch_accessed_variables=False) as tape, keras.StatelessScope(values):
                tape.watch(z)
                restored = self.head([z, *(copy[index] for copy in uses)], training=training)
            x = ops.cast(restored, z.dtype)
            residual = operator.apply(x) - y
            residuals.append(residual)
            slope = ops.cast(self._slope(index, operator, x, residual, sigma), restored.dtype)
            gradient = gradient_of(tape, self.head, restored, z, slope)
            if advance:
                gradients.append(gradient)
                z = advance(z, gradients)
            else:
                change, state = self.update.step(index, gradient, state)
                z = z + change
        restored = self.head([z, *(copy[-1] for copy in uses)], training=training)
        if not return_fidelity:
            return [restored]
        residuals.append(operator.apply(ops.cast(restored, z.dtype)) - y)
        return [restored, ops.stack([ops.sum(ops.square(r), axis=(1, 2, 3)) for r in residuals], axis=1)]

    def _slope(self, index: int, operator: LinearOperator, x: Tensor, residual: Tensor, sigma: Tensor) -> Tensor:
        """Gradient with respect to x of weight |W x - y|^2 + R(x), the residual whitened."""
        whitened = self.update.whiten(index, residual, operator, sigma)
        slope = 2.0 * operator.adjoint(whitened)
        if whitened is residual and sigma is not None:
            slope = slope * per_image(fidelity_weight(sigma))
        if self.prior is not None:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(x)
                penalty = self.prior(x)
            slope = slope + tape.gradient(penalty, x)
        return slope

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "head": serialize(self.head),
            "degradation": serialize(self.degradation),
            "num_steps": self.num_steps,
            "update": serialize(self.update),
            "prior": serialize(self.prior),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> DLNetLayer:
        """Rebuild from what `get_config` returns."""
        return cls(**{key: keras.saving.deserialize_keras_object(value) for key, value in config.items()})
