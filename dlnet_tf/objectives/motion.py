"""Joint training of VESPCN's motion compensation with what follows it (Eq. 7 of arXiv:1611.05250)."""

from __future__ import annotations

from collections.abc import Mapping

import keras
from keras import ops

from dlnet_tf import keras_models
from dlnet_tf.backbones.motion import NEIGHBOURS
from dlnet_tf.objectives.objective import Objective
from dlnet_tf.tensors import Tensor

# Weights of the warp error and of the flow's roughness beside the squared error, and what rounds the latter off at 0.
BETA, LAMBDA, EPSILON = 0.01, 0.001, 0.01


class MotionObjective(Objective):
    """1/2 sum (xhat - x)^2, and for each neighbour BETA sum (aligned - y)^2 + LAMBDA sum_pixels H(gradient of flow).

    H = sqrt(EPSILON + squared differences of both components along both axes) is Huber's function, nearly. The paper
    does not say whether its terms are means or sums; here all are sums over pixels, the flow in the network's unit.
    """

    def __init__(self) -> None:
        super().__init__()
        self._watched: dict[int, keras.Model] = {}

    def __call__(self, model: keras.Model, inputs: Mapping[str, Tensor], clean: Tensor) -> Tensor:
        """Run a VESPCN in training mode; see `Objective`."""
        if id(model) not in self._watched:
            names = [f"{name}_{what}" for name in NEIGHBOURS for what in ("aligned", "flow")]
            parts = {name: model.get_layer(name).output for name in names}
            self._watched[id(model)] = keras.Model(model.input, parts | {"restored": model.output})
        found = self._watched[id(model)](keras_models.pick_inputs(model, inputs), training=True)
        loss = self.error(found["restored"], clean, inputs)
        for name in NEIGHBOURS:
            loss += BETA * ops.sum(ops.square(found[f"{name}_aligned"] - inputs["degraded"]), axis=(1, 2, 3))
            loss += LAMBDA * ops.sum(roughness(found[f"{name}_flow"]), axis=(1, 2))
        return loss


def roughness(flow: Tensor) -> Tensor:
    """Return H of a flow [B, h, w, 2] at every pixel but those of the last row and column, [B, h - 1, w - 1]."""
    corner = flow[:, :-1, :-1]
    down, across = flow[:, 1:, :-1] - corner, flow[:, :-1, 1:] - corner
    return ops.sqrt(EPSILON + ops.sum(ops.square(down) + ops.square(across), axis=-1))
