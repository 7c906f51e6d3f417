"""A checkpoint as a function from one photograph to another."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Set
from typing import Unpack

import numpy as np

from dlnet_tf import keras_models
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import DLNet
from dlnet_tf.likelihood.plain_network import PlainNetwork, described
from dlnet_tf.networks import NETWORKS
from dlnet_tf.options import MAX_MEMORY
from dlnet_tf.restoration.blur_estimation import AUTO, estimate_blur_width
from dlnet_tf.restoration.enlarge_frames import enlarge_frames
from dlnet_tf.restoration.inpaint import FILLING_TASKS, check_mask, inpaint
from dlnet_tf.restoration.parameter_check import Parameters
from dlnet_tf.restoration.receptive_field import magnification
from dlnet_tf.restoration.restorer import Restorer
from dlnet_tf.restoration.scattered import is_scattered
from dlnet_tf.restoration.super_resolve import super_resolve
from dlnet_tf.restoration.windows import SIDE


def load(
    path: str | os.PathLike[str], max_memory: float = MAX_MEMORY, task: str | None = None
) -> Callable[..., np.ndarray]:
    """Load a model that restores photographs.

    Args:
        path: a `.keras` checkpoint, for super-resolution or for inpainting and interpolation.
        max_memory: what the whole process may take in super-resolution, in GB.
        task: "inpaint" or "interp", where a network for one of them looks; None for what the checkpoint says or, where
            it says none, what each mask suggests.

    Returns:
        For super-resolution restore(image, blur_width=1.3), or "auto" to estimate it, or restore(image, kernel=k), with
        the `progress` and the parameters of `super_resolve`; a plain network takes the image alone. A network for clips
        takes an array of frames in place of the image, as `enlarge_frames` does; one for photographs takes those in
        colour, [T, h, w, 3], too. For the other tasks restore(image, mask, task=task, composite=True), with the
        arguments of `inpaint`. Where neither the caller nor the checkpoint names the task the mask does: "interp" where
        pixels are missing one by one (`scattered.is_scattered`), "inpaint" otherwise. Images are uint8 or uint16, gray
        or RGB, with or without alpha, and so are the results.

    Raises:
        UsageError: the file is missing, no model, or one that needs the edges in a hole or takes no `degraded`.
    """
    model = keras_models.load(path)
    restorer, network = Restorer(model), described(model)
    inputs = [tensor.name for tensor in network.backbone.inputs]
    if "degraded" not in network.input_shapes():
        raise UsageError(
            f"{path}: found a network with inputs {', '.join(inputs)}, expected degraded among them, or a DL-Net"
        )
    if "edges" in inputs:
        raise UsageError(f"{path}: found a network that needs the true edges, which are unknown in a hole")
    if _fills(network):
        return FillPhotograph(restorer, task or network.task)
    takes = network.input_shapes().keys() - {"degraded", "neighbours"}
    return EnlargePhotograph(os.fspath(path), restorer, magnification(model), max_memory, takes, "neighbours" in inputs)


def _fills(network: DLNet | PlainNetwork) -> bool:
    """Return whether a network fills holes: by its task, else by its architecture, else, if it is not ours, by size."""
    name = network.backbone.name
    if not network.task and name not in NETWORKS:
        ends = (network.backbone.inputs[0], network.backbone.outputs[0])
        return all(tensor.shape[1:3] == (SIDE, SIDE) for tensor in ends)
    tasks = (network.task,) if network.task else NETWORKS[name].tasks
    return not set(FILLING_TASKS).isdisjoint(tasks)


@dataclasses.dataclass(frozen=True)
class EnlargePhotograph:
    """What `load` returns for super-resolution.

    Attributes:
        name: the file, for messages.
        restorer: the model.
        scale: its magnification.
        max_memory: what the whole process may take, in GB.
        takes: what the model can be told.
        of_clips: whether it sees the neighbours of a frame.
    """

    name: str
    restorer: Restorer
    scale: int
    max_memory: float
    takes: Set[str]
    of_clips: bool

    def __call__(
        self, image: np.ndarray, *, progress: Callable[[], object] | None = None, **parameters: Unpack[Parameters]
    ) -> np.ndarray:
        """Enlarge an image, see `super_resolve`, or the frames of a clip, see `enlarge_frames`."""
        if unknown := parameters.keys() - self.takes:
            expected = f"one of {', '.join(sorted(self.takes))}" if self.takes else "a DL-Net"
            of = "" if self.takes else " for a plain network"
            raise UsageError(f"{self.name}: found {min(unknown)}{of}, expected {expected}")
        blur_width = parameters.get("blur_width")
        if isinstance(blur_width, str) and blur_width != AUTO:
            raise UsageError(f"found blur_width {blur_width!r}, expected a number >= 0 or {AUTO!r}")
        clip = self.of_clips or getattr(image, "ndim", 0) == 4
        if not clip and isinstance(blur_width, str):
            parameters["blur_width"] = estimate_blur_width(image, self.scale).blur_width
        enlarge: Callable[..., np.ndarray] = enlarge_frames if clip else super_resolve
        return enlarge(self.restorer, image, self.scale, max_memory=self.max_memory, progress=progress, **parameters)


@dataclasses.dataclass(frozen=True)
class FillPhotograph:
    """What `load` returns for inpainting and interpolation: the model, and its task where it is known."""

    restorer: Restorer
    known: str | None

    def __call__(
        self, image: np.ndarray, mask: np.ndarray, task: str | None = None, composite: bool = True
    ) -> np.ndarray:
        """Fill an image where mask is 0; see `inpaint`."""
        task = task or self.known or ("interp" if is_scattered(check_mask(mask, image)) else "inpaint")
        return inpaint(self.restorer, image, mask, task, composite)[0]
