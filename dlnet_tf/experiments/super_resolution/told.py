"""What a model is told of the degradation of a photograph."""

from __future__ import annotations

from typing import cast

import keras

from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.super_resolution.options import Enlargement, as_typed
from dlnet_tf.imagefiles.kernels import read_kernel
from dlnet_tf.imagefiles.photographs import Photograph
from dlnet_tf.likelihood import DLNet
from dlnet_tf.restoration import Restorer
from dlnet_tf.restoration.blur_estimation import AUTO, BlurEstimate, estimate_blur_width
from dlnet_tf.restoration.noise_estimation import COMPRESSION, of_photograph
from dlnet_tf.restoration.noise_use import takes_noise
from dlnet_tf.restoration.parameter_check import Parameters


def degradation_parameters(options: Enlargement, model: keras.Model) -> Parameters:
    """Return what a DL-Net is told of the degradation; a plain network can be told nothing.

    Args:
        options: the flags.
        model: what restores.

    Returns:
        `kernel`, `blur_width`, `noise_sigma`, as far as they are given.

    Raises:
        UsageError: a flag that the model has no use for, or neither or both of --blur_width and --kernel.
    """
    flags = {"blur_width": options.blur_width, "kernel": options.kernel, "noise_sigma": options.noise_sigma}
    given = {name: value for name, value in flags.items() if value is not None}
    if not isinstance(model, DLNet):
        for name, value in given.items():
            raise UsageError(f"--{name}={as_typed(value)}: found a plain network, expected a DL-Net checkpoint")
        return {}
    if options.noise_sigma is not None and not takes_noise(model):
        found = as_typed(options.noise_sigma)
        raise UsageError(f"--noise_sigma={found}: found a model that cannot use it, expected another model")
    if ("blur_width" in given) == ("kernel" in given):
        found = "both" if "kernel" in given else "neither"
        raise UsageError(f"--mode=restore: found {found}, expected exactly one of --blur_width and --kernel")
    kernel = {} if options.kernel is None else {"kernel": read_kernel(options.kernel)}
    return cast(Parameters, given | kernel)


def blur_of(
    options: Enlargement, name: str, photograph: Photograph, scale: int, seen: BlurEstimate | None
) -> tuple[Parameters, list[str]]:
    """Return the `blur_width` of a photograph where it is not the flag's, and notes for the user.

    To undo more blur than there is makes rings, so that no more is undone than the photograph looks blurred by.
    Of one that was compressed that is not known: its blocks look like sharp edges.

    Args:
        options: the flags.
        name: name of its file.
        photograph: the photograph.
        scale: magnification.
        seen: what it says of its blur, with `--blur_width auto`.
    """
    if seen:
        return {"blur_width": seen.blur_width}, [f"{name}: {seen}"]
    told = options.blur_width
    if told is None or told == AUTO or told == 0 or not options.cap_blur or photograph.noise_sigma:
        return {}, []
    try:
        seen = estimate_blur_width(photograph.pixels, scale)
    except UsageError:  # It does not say anything of its blur.
        return {}, []
    if told <= seen.largest:
        return {}, []
    note = f"{name}: found more detail than --blur_width={told:g} leaves, {seen.largest:.2f} is used; "
    note += f"estimated {seen}; --nocap_blur keeps it"
    return {"blur_width": seen.largest}, [note]


def noise_of(options: Enlargement, restorer: Restorer, photograph: Photograph) -> Parameters:
    """Return `noise_sigma` as the flag says it, or as the photograph's compression asks for; nothing where neither."""
    compression = COMPRESSION * (photograph.noise_sigma or 0.0)
    if options.noise_sigma == AUTO:
        return {"noise_sigma": max(of_photograph(photograph.pixels), compression)}
    if options.noise_sigma is not None:
        return {"noise_sigma": options.noise_sigma}
    return {"noise_sigma": compression} if restorer.undoes and compression else {}
