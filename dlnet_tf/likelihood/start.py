"""What g is given in place of y: the degraded image as the neutral degradation would have shown it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from dlnet_tf.degradations import Degradation
from dlnet_tf.likelihood.damping import Damping, is_damping
from dlnet_tf.rounding import EIGHT_BITS
from dlnet_tf.tensors import Tensor

# Inputs of a backbone that are images which W degraded.
OBSERVED = ("degraded", "neighbours")


@keras.saving.register_keras_serializable("dlnet_tf")
class NeutralStart(keras.layers.Layer):
    """y0 = W0 x1, where x1 explains y and W0 is the neutral degradation: see `Degradation.start`.

    A network g that was trained on neutral degradations alone, as most that exist are, then works for all of them.
    Inverting W in the observation itself goes back to Wiener; networks take it up in DWDN (arXiv:2103.09962), USRNet
    (arXiv:2003.10428) and DDNM (arXiv:2212.00490).

    Args:
        damping: start of the learned damping, > 0, as a share of the largest eigenvalue of W W^T; None for what the
            degradation asks for.

    Raises:
        ValueError: another damping.
    """

    def __init__(self, damping: float | None = None, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", "autocast": False, "name": "start"} | kwargs)
        if not is_damping(damping):
            raise ValueError(f"damping is {damping!r}, expected a number > 0 or None")
        self.damping = damping

    def attach(self, degradation: Degradation) -> None:
        """Create the variables for a degradation.

        Raises:
            ValueError: there is no damping, and the degradation has none either.
        """
        self.damping = degradation.damping if self.damping is None else self.damping
        if self.damping is None:
            raise ValueError(f"{type(degradation).__name__} has no damping, expected one of NeutralStart")
        self.degradation = degradation
        self.dampings = Damping(self.damping)
        self.dampings.build(1)
        self.built = True

    def call(self, degraded: Tensor, parameters: Mapping[str, Tensor], sigma: Tensor | None = None) -> Tensor:
        """Compute y0.

        Args:
            degraded: y, [B, h, w, C].
            parameters: those of the degradation, [B, ..] each.
            sigma: standard deviation of the noise on y, [B]; that of 8-bit images where it is not given.

        Returns:
            [B, h, w, C].
        """
        y = ops.cast(degraded, keras.backend.result_type(degraded.dtype, "float32"))
        operator = self.degradation.bind(parameters, self.degradation.restored_size(ops.shape(y)))
        sigma = EIGHT_BITS if sigma is None else sigma
        return self.degradation.start(y, operator, *self.dampings.values(0, sigma, self.degradation.gain))

    def of_inputs(
        self, inputs: Mapping[str, Tensor], parameters: Mapping[str, Tensor], sigma: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Compute y0 for each of a backbone's inputs that W degraded: `degraded`, and `neighbours` where it has them.

        Args:
            inputs: those of the backbone, by name.
            parameters: as in a call.
            sigma: as in a call.

        Returns:
            What takes the place of these inputs, by name.
        """
        observed = {name: ops.convert_to_tensor(inputs[name]) for name in OBSERVED if name in inputs}
        # One degradation, so that they are undone together as the channels of one image.
        together = self(ops.concatenate(list(observed.values()), axis=-1), parameters, sigma)
        ends = itertools.accumulate((value.shape[-1] for value in observed.values()), initial=0)
        parts = (together[..., a:b] for a, b in itertools.pairwise(ends))
        # A graph of open sizes has lost the channels, without which Keras takes a convolution for one in groups.
        return {
            name: tf.ensure_shape(part, value.shape)
            for (name, value), part in zip(observed.items(), parts, strict=True)
        }

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"name": self.name, "damping": self.damping}


def attached_start(start: NeutralStart | str | None, degradation: Degradation, damped: bool) -> NeutralStart | None:
    """Settle what a DL-Net starts from, and make it ready.

    Args:
        start: as in `DLNet`.
        degradation: W of Eq. (1).
        damped: whether the steps are damped.

    Raises:
        ValueError: another word than "auto", or no damping is known.
    """
    if isinstance(start, str):
        if start != "auto":
            raise ValueError(f'start is {start!r}, expected a NeutralStart, None or "auto"')
        start = NeutralStart() if damped and type(degradation).start is not Degradation.start else None
    if start is not None:
        start.attach(degradation)
    return start
