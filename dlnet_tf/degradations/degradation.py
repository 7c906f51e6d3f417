"""What every degradation y = (W x)|t + eps has in common (Eq. 1 of arXiv:1904.09105v4)."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from keras import ops

from dlnet_tf.degradations.batches import for_batch, per_image
from dlnet_tf.degradations.conjugate_gradients import conjugate_gradients
from dlnet_tf.degradations.parameter import Parameter
from dlnet_tf.errors import UsageError
from dlnet_tf.tensors import Tensor


class LinearOperator(abc.ABC):
    """x -> (W x)|t, its parameters fixed: linear in each image of a batch, differentiable to any order."""

    @abc.abstractmethod
    def apply(self, x: Tensor) -> Tensor:
        """Degrade clean images.

        Args:
            x: [B, H, W, C], floating.

        Returns:
            [B, h, w, C], dtype of x.
        """

    @abc.abstractmethod
    def adjoint(self, y: Tensor) -> Tensor:
        """Map degraded images back by the transpose of `apply`.

        For every image, the inner product of apply(x) with y equals that of x with the result.

        Args:
            y: [B, h, w, C], floating.

        Returns:
            [B, H, W, C], dtype of y.
        """

    def solve(self, r: Tensor, damping: Tensor, noise: Tensor = 0.0) -> Tensor:
        """Compute (W W^T + damping + noise (W W^T)^(-1/2))^-1 r, which undoes W as far as the damping lets it.

        This default takes some conjugate-gradient steps with `apply` and `adjoint`, and adds `noise` as if every
        eigenvalue of W W^T were 1. An operator whose W W^T has structure does better.

        Args:
            r: [B, h, w, C], floating.
            damping: >= 0, a number or [B].
            noise: >= 0, a number or [B]: a damping that grows as eigenvalues fall, as noise hides fine detail first.

        Returns:
            [B, h, w, C], dtype of r; differentiable to any order with respect to r, damping and noise.
        """
        shift = ops.cast(per_image(damping), r.dtype) + ops.cast(per_image(noise), r.dtype)
        return conjugate_gradients(lambda s: self.apply(self.adjoint(s)), r, shift)


class Degradation(abc.ABC):
    """The family of linear operators that a batch of parameters picks from, one operator an image.

    Attributes:
        scale: clean pixels per degraded pixel along an axis, >= 1.
        parameters: what an operator may be told, exactly one of them; the first has a neutral value.
        gain: largest eigenvalue of W W^T, about; dampings are given as shares of it.
        damping: the share of `gain` down to which W W^T is worth inverting where y is exact; None where inverting it
            changes nothing, as all its eigenvalues are 0 or `gain`, or is not wanted.
    """

    scale: int = 1
    gain: float = 1.0
    damping: float | None = None
    parameters: tuple[Parameter, ...]

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Keys of a model input that may hold the parameters; exactly one of them does."""
        return tuple(parameter.name for parameter in self.parameters)

    @abc.abstractmethod
    def bind(self, parameters: Mapping[str, Tensor], size: tuple[Tensor, Tensor]) -> LinearOperator:
        """Fix the parameters, computing once whatever depends on them alone.

        Args:
            parameters: tensors with a leading batch axis, by name; exactly one of `parameter_names`, and what `prepare`
                adds to it.
            size: (H, W) of the clean images, each an int or a scalar integer tensor.

        Raises:
            UsageError: the parameters are not exactly one of `parameter_names`.
        """

    def prepare(self, parameters: Mapping[str, Tensor], size: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """Compute what `LinearOperator.solve` needs of the parameters once, for all operators that they are bound to.

        Args:
            parameters: as in `bind`.
            size: as in `bind`.

        Returns:
            The parameters, here nothing else; and tensors with their batch axis that `bind` takes from them.
        """
        return dict(parameters)

    def neutral_parameters(self, size: tuple[int, int]) -> dict[str, np.ndarray]:
        """Give what degrades an image of clean `size` (H, W) least: parameters of a batch of 1, float32."""
        first = self.parameters[0]
        assert first.neutral
        return {first.name: first.neutral(size)}

    def reach(self, shapes: Mapping[str, Sequence[int]]) -> Fraction:
        """Return how far W reads before and after a degraded pixel together, in degraded pixels.

        Args:
            shapes: those of the parameters of one image, by name, where they are known.

        Raises:
            UsageError: it is not known, as here.
        """
        raise UsageError(f"{type(self).__name__}: does not say how far it reaches (method reach)")

    def inverse_reach(self, parameters: Mapping[str, object]) -> int:
        """Return how far `LinearOperator.solve` sees to each side, in degraded pixels.

        Args:
            parameters: values of one image, by name, where they are known.

        Raises:
            UsageError: it is not known, as here.
        """
        raise UsageError(f"{type(self).__name__}: does not say how far its inverse reaches (method inverse_reach)")

    def values_per_pixel(self, shapes: Mapping[str, Sequence[int]]) -> int:
        """Return how many numbers applying W holds for each degraded pixel beside its images; here none.

        Args:
            shapes: as in `reach`.
        """
        return 0

    def start(self, y: Tensor, operator: LinearOperator, damping: Tensor, noise: Tensor) -> Tensor:
        """Compute what the neutral degradation would have shown of the image behind y; here y itself.

        Args:
            y: [B, h, w, C], floating.
            operator: W, as `bind` returns it.
            damping: as `LinearOperator.solve` takes it.
            noise: as `LinearOperator.solve` takes it.

        Returns:
            [B, h, w, C], dtype of y.
        """
        return y

    def __call__(self, x: Tensor, parameters: Mapping[str, Tensor]) -> Tensor:
        """Degrade x [B, H, W, C] by its parameters, of one image each or the same for all: [B, h, w, C]."""
        batch, height, width, _ = ops.shape(x)
        self.check(parameters, (height, width))
        return self.bind(for_batch(parameters, batch), (height, width)).apply(x)

    def check(self, parameters: Mapping[str, Tensor], size: tuple[Tensor, Tensor]) -> None:
        """Refuse parameters whose shape does not fit images of a clean size, by `Parameter.check`.

        Args:
            parameters: tensors by name, other keys among them.
            size: as in `bind`.

        Raises:
            UsageError: one does not fit; it is named.
        """
        for parameter in self.parameters:
            if parameter.name in parameters:
                parameter.check(parameters[parameter.name], size)

    def restored_size(self, degraded_shape: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return the (H, W) to restore to from a degraded shape [B, h, w, C]."""
        return degraded_shape[1] * self.scale, degraded_shape[2] * self.scale

    def select(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Pick the parameters out of a model's inputs.

        Args:
            inputs: tensors by name, other keys among them.

        Returns:
            The one entry whose key is in `parameter_names`.

        Raises:
            UsageError: none of the keys is there, or several are.
        """
        found = {name: inputs[name] for name in self.parameter_names if name in inputs}
        if len(found) != 1:
            raise UsageError(
                f"{type(self).__name__}: found inputs {sorted(inputs)}, "
                f"expected exactly one of {list(self.parameter_names)}"
            )
        return found

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Degradation:
        """Build the degradation that `get_config` described."""
        return cls(**config)
