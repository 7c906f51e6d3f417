"""DL-Net: any functional Keras model, made to agree with its observation by updates of its representation z."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from dlnet_tf.degradations import Degradation
from dlnet_tf.degradations.batches import for_batch
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood.adam_update import AdamUpdate
from dlnet_tf.likelihood.backbone_check import check_backbone, check_kinds
from dlnet_tf.likelihood.calibration import stable_step_size
from dlnet_tf.likelihood.layer import DLNetLayer
from dlnet_tf.likelihood.named_input_model import NamedInputModel
from dlnet_tf.likelihood.priors import Prior
from dlnet_tf.likelihood.recalibration import Recalibration
from dlnet_tf.likelihood.split import split
from dlnet_tf.likelihood.start import NeutralStart, attached_start
from dlnet_tf.likelihood.textures import textured_inputs
from dlnet_tf.likelihood.update import Update
from dlnet_tf.tasks import TASKS
from dlnet_tf.tensors import Tensor


@keras.saving.register_keras_serializable("dlnet_tf")
class DLNet(NamedInputModel):
    """Deep Likelihood Network of arXiv:1904.09105v4: one trained network for every level of a degradation.

    A call takes a dict: `degraded` (y, [B, h, w, C] in [0, 1]), the degradation's parameters by name (`mask`;
    `blur_width` or `kernel`), what else the backbone takes, and optionally `noise_sigma` [B], the standard deviation of
    the noise on y, which a start and a damped step take for that of rounding to 8 bits where it is not given. It
    returns the restored images [B, H, W, C]. With one step and no start it is the backbone itself.

        >>> import numpy as np
        >>> from dlnet_tf import DLNet, backbones, degradations
        >>> model = DLNet(backbones.idn(scale=3), degradations.BlurDownsample(3), num_steps=2)
        >>> tuple(model({"degraded": np.zeros((1, 8, 6, 1)), "blur_width": np.array([1.3])}).shape)
        (1, 24, 18, 1)

    Args:
        backbone: a functional model with a layer for z. One with a single input takes y there; with several inputs
            they are taken from the dict by name.
        degradation: W of Eq. (1).
        num_steps: K, the number of evaluations of h, >= 1; may be changed at inference.
        update: the rule that moves z. A `GradientUpdate` without step sizes is calibrated on the spot.
        step_size: gamma; short for `update=AdamUpdate(step_size)`.
        layer: name of the layer whose output is z.
        prior: R of Eq. (3), as in `DLNetLayer`.
        start: what g is given in place of y: a `NeutralStart`, or None for y itself; "auto" for a `NeutralStart` where
            the steps are damped, as those of a `GradientUpdate` are under blur.
        recalibrate: whether `fit` calibrates anew in early training, as h changes; by default where the step sizes were
            calibrated here. Over once training is past it.
        task: what it was trained for, one of `tasks.TASKS`, for whoever loads it; None where that is not known.

    Raises:
        ValueError: the backbone cannot be split at the layer, num_steps is not a positive integer, another task, or
            both update and step_size are given.
        UsageError: the backbone is no model, the degradation is none, or inputs or outputs of the backbone do not fit.
    """

    def __init__(
        self,
        backbone: keras.Model,
        degradation: Degradation,
        num_steps: int = 5,
        update: Update | None = None,
        step_size: float | None = None,
        layer: str = "z",
        prior: Prior | None = None,
        recalibrate: bool | None = None,
        start: NeutralStart | str | None = "auto",
        task: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_kinds(backbone, degradation)
        # Inputs keep their precision: the backbone's layers cast for themselves.
        super().__init__(backbone, degradation, **{"dtype": "float32", "autocast": False} | kwargs)
        if step_size is not None:
            if update is not None:
                raise ValueError(f"found update {update.name!r} and step_size {step_size}, expected one of them")
            update = AdamUpdate(step_size)
        self.layer = layer
        if task not in (None, *TASKS):
            raise ValueError(f"task is {task!r}, expected one of {', '.join(TASKS)} or None")
        self.task = task
        self.g, head = split(backbone, layer)
        check_backbone(backbone, degradation)
        self.likelihood = DLNetLayer(head, degradation, num_steps, update, prior, name="likelihood")
        self.start = attached_start(start, degradation, damped=self.update.damping is not None)
        self.built = True
        uncalibrated = self.update.calibrated and not self.update.has_base
        self.recalibrate = uncalibrated if recalibrate is None else recalibrate
        if uncalibrated:
            self.calibrate()

    @property
    def update(self) -> Update:
        """The rule that moves z."""
        return self.likelihood.update

    @property
    def num_steps(self) -> int:
        """K, the number of evaluations of h; setting it makes `fit`, `evaluate` and `predict` compile anew."""
        return self.likelihood.num_steps

    @num_steps.setter
    def num_steps(self, value: int) -> None:
        self.likelihood.num_steps = value
        self.train_function = self.test_function = self.predict_function = None

    def call(self, inputs: Mapping[str, Tensor], training: bool | None = None, return_fidelity: bool = False) -> Tensor:
        """Restore a batch: see the class; with `return_fidelity`, (restored, fidelity [K, B])."""
        self.check_names(inputs)
        degraded = ops.convert_to_tensor(inputs["degraded"])
        self.check_shapes(inputs)
        named = self.degradation.select(inputs) | {key: inputs[key] for key in ("noise_sigma",) if key in inputs}
        parameters = for_batch(named, ops.shape(degraded)[0])
        if self.start is not None:  # One inverse of W W^T serves the start and the steps.
            parameters = self.degradation.prepare(parameters, self.degradation.restored_size(ops.shape(degraded)))
        encoded = self._encode(inputs, parameters, training)
        return self.likelihood(
            encoded, degraded=degraded, parameters=parameters, training=training, return_fidelity=return_fidelity
        )

    def _encode(
        self, inputs: Mapping[str, Tensor], parameters: Mapping[str, Tensor], training: bool | None
    ) -> list[Tensor]:
        """Return [z, *crossing] = g(inputs), with the start in place of y."""
        values = {name: ops.convert_to_tensor(inputs[name]) for name in self.input_names}
        if self.start is not None:
            of_operator = {name: value for name, value in parameters.items() if name != "noise_sigma"}
            values |= self.start.of_inputs(values, of_operator, parameters.get("noise_sigma"))
        packed = keras.tree.pack_sequence_as(self.g.input, list(values.values()))
        return keras.tree.flatten(self.g(packed, training=training))

    def restore_with_fidelity(self, inputs: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Restore as a call does, and tell the fidelity [K, B] before every update and after the last one."""
        return self(inputs, training=False, return_fidelity=True)

    def fit(self, *args: Any, callbacks: object = None, **kwargs: Any) -> keras.callbacks.History:
        """Train as `keras.Model.fit` does; step sizes that were calibrated and not given follow h in early training."""
        if self.recalibrate:
            callbacks = [*keras.tree.flatten(callbacks or []), Recalibration()]
        return super().fit(*args, callbacks=callbacks, **kwargs)

    def calibrate(self, inputs: Mapping[str, Tensor] | None = None) -> float:
        """Base the step sizes of a rule such as `GradientUpdate` on 1 / (2 lambda), half of what is stable.

        To be called again when h has changed much; `fit` does so by itself where training starts from scratch.

        Args:
            inputs: a batch, as in a call; by default a synthetic image that is not blurred and misses no pixel.

        Returns:
            The step size; 0, with a warning, where the image does not depend on z.

        Raises:
            UsageError: the rule is not one that is calibrated, or TensorFlow lacks a layer's second derivative.
        """
        if not self.update.calibrated:
            raise UsageError(f"{self.name}: found {type(self.update).__name__}, expected GradientUpdate to calibrate")
        if inputs is None:
            inputs = textured_inputs(self.input_signature(), self.degradation)
        # Exact data are damped least, and move z furthest.
        parameters = self.degradation.select(inputs) | {"noise_sigma": np.zeros(1, "float32")}
        parameters = for_batch(parameters, len(inputs["degraded"]))
        encoded = self._encode(inputs, parameters, training=False)
        step_size = stable_step_size(self.likelihood, encoded, inputs["degraded"], parameters, self.name)
        self.update.rebase(step_size)
        return step_size

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "backbone": serialize(self.backbone),
            "degradation": serialize(self.degradation),
            "num_steps": self.num_steps,
            "update": serialize(self.update),
            "layer": self.layer,
            "prior": serialize(self.likelihood.prior),
            "recalibrate": self.recalibrate,
            "start": serialize(self.start),
            "task": self.task,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> DLNet:
        """Rebuild from what `get_config` returns; a model that was saved before there were starts has none."""
        deserialize = keras.saving.deserialize_keras_object
        return cls(**{"start": None} | {key: deserialize(value, custom_objects) for key, value in config.items()})
