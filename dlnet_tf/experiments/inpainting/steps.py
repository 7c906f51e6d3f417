"""PSNR of DL-Nets when they take another number of steps than they were trained with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import keras
import numpy as np

from dlnet_tf.evaluation import inpainting_protocol as protocol
from dlnet_tf.likelihood import DLNet
from dlnet_tf.method_labels import method_label
from dlnet_tf.progress import Progress
from dlnet_tf.restoration import Restorer
from dlnet_tf.restoration.recorder import Recorder

CURVE_STEPS = (1, 2, 3, 4, 5)


def measure_steps(
    images: np.ndarray,
    loaded: Mapping[str, keras.Model],
    drawn: Mapping[str, np.ndarray],
    batch: int,
    from_truth: protocol.FromTruth | None,
) -> dict[str, dict[str, list[float]]]:
    """Measure the DL-Nets at each K of `CURVE_STEPS`.

    Args:
        images: x, uint8 [N, H, W, 3].
        loaded: method -> model; plain networks are left out.
        drawn: level -> masks [N, H, W, 1], one an image.
        batch: images at a time.
        from_truth: what else a model is told, from the clean images.

    Returns:
        Level -> label of the method -> PSNR of its own output, one number a K.
    """
    dlnets = {name: model for name, model in loaded.items() if isinstance(model, DLNet)}
    progress = Progress(len(drawn) * len(dlnets) * len(CURVE_STEPS), unit="run")
    found: dict[str, dict[str, list[float]]] = {}
    for level, masks in drawn.items():
        for name, model in dlnets.items():
            line = found.setdefault(level, {}).setdefault(method_label(name), [])
            for steps in _with_steps(model):
                scores, _ = protocol.evaluate(masked(Restorer(model)), images, masks, batch, 0, from_truth)
                line.append(scores.mean("psnr"))
                progress.advance(f"K = {steps}")
    progress.clear()
    return found


def masked(restorer: Restorer | Recorder) -> protocol.Fill:
    """Return what restores as a method of the protocol, whose masks stand second."""
    return lambda degraded, mask, **more: restorer(degraded, mask=mask, **more)


def _with_steps(model: DLNet) -> Iterator[int]:
    """Set K to each number of `CURVE_STEPS` for a while."""
    own = model.num_steps
    try:
        for steps in CURVE_STEPS:
            model.num_steps = steps
            yield steps
    finally:
        model.num_steps = own
