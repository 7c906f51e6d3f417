"""The step size that a DL-Net's curvature allows."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Mapping, Sequence

from keras import ops

from dlnet_tf.likelihood.curvature import largest_eigenvalue
from dlnet_tf.likelihood.layer import DLNetLayer
from dlnet_tf.likelihood.second_order import check_differentiable
from dlnet_tf.tensors import Tensor


def stable_step_size(
    likelihood: DLNetLayer, encoded: Sequence[Tensor], degraded: Tensor, parameters: Mapping[str, Tensor], name: str
) -> float:
    """Return half of the largest step size that is stable in a batch, 1 / (2 lambda).

    Args:
        likelihood: with h, W and the rule; lambda is the largest eigenvalue of J^T W^T V W J, where V is what its first
            step whitens the residual by.
        encoded: [z, *crossing], what g returns.
        degraded: y, [B, h, w, C].
        parameters: those of the degradation and `noise_sigma`, each with a leading batch axis of B.
        name: name of the model, for the warning.

    Returns:
        The step size; 0, with a warning, where the image does not depend on z.

    Raises:
        UsageError: TensorFlow lacks the second derivative of a layer behind z.
    """
    # A product with J goes through the derivative of what goes back through h.
    check_differentiable(likelihood.head, twice=True, instead="a step size, GradientUpdate(0.1)", warn=False)
    z, *crossing = encoded
    of_operator = {name: value for name, value in parameters.items() if name != "noise_sigma"}
    operator = likelihood.degradation.bind(of_operator, likelihood.degradation.restored_size(degraded.shape))
    whiten = functools.partial(likelihood.update.whiten, 0, operator=operator, sigma=parameters["noise_sigma"])
    z = ops.cast(z, likelihood.head.inputs[0].dtype)
    curvature = float(ops.max(largest_eigenvalue(likelihood.head, [z, *crossing], operator, whiten=whiten)))
    if curvature == 0:
        warnings.warn(
            f"{name}: the image does not depend on z yet (does h end in zeros?), so all step sizes are 0; "
            "call calibrate() once it does",
            stacklevel=3,
        )
    return 0.5 / curvature if curvature > 0 else 0.0
