"""Models for inference without this package: SavedModels with named signatures, and LiteRT files."""

from __future__ import annotations

import os
import pathlib

import keras

from dlnet_tf import saved_model
from dlnet_tf.export import litert
from dlnet_tf.export.check import check_written
from dlnet_tf.files import check_file
from dlnet_tf.likelihood.plain_network import described
from dlnet_tf.saved_model import Signature, Signatures

LITERT = ".tflite"


def export(
    model: keras.Model,
    path: str | os.PathLike[str],
    overwrite: bool = False,
    input_signature: Signature | None = None,
    check: bool = True,
) -> float | None:
    """Write a model as a SavedModel or, where the name ends in `.tflite`, as a LiteRT file, the K steps inside.

    The endpoint `serve` and the signature `serving_default` take `degraded` [B, h, w, C] float32 in [0, 1] and, for a
    DL-Net, its degradation's parameter: `blur_width` [B] or `mask` [B, H, W, 1]. They return `restored` [B, H, W, C].
    A super-resolution model has the signature `kernel` too, which takes `kernel` [B, k, k] for `blur_width`. A LiteRT
    file has `serving_default` alone, for one image of 64 x 64 pixels where the model leaves the size open.

        >>> import os, tempfile
        >>> from dlnet_tf import backbones, export
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = export(backbones.idn(scale=3), f"{folder}/idn", check=False)
        ...     sorted(os.listdir(f"{folder}/idn"))
        ['assets', 'fingerprint.pb', 'saved_model.pb', 'variables']

    Args:
        model: a backbone or a DL-Net.
        path: folder of the SavedModel, or name of the LiteRT file.
        overwrite: whether what was exported before is replaced; anything else is kept.
        input_signature: other inputs of `serving_default`, by name anything with a shape and a dtype; then there is no
            other signature.
        check: whether what was written is loaded in a process that knows nothing of this package and compared with the
            model, which takes some seconds, before it gets its name.

    Returns:
        The largest difference that was found, of images in [0, 1]; None without the check.

    Raises:
        UsageError: the target exists or cannot be written; LiteRT lacks an operation; or the check failed.
    """
    path = pathlib.Path(path)
    lite = path.suffix == LITERT
    if lite:
        check_file(path, overwrite)
    else:
        saved_model.check_folder(path, overwrite)
    signatures: Signatures = {"serving_default": input_signature} if input_signature else described(model).signatures()
    if lite:
        signatures = {"serving_default": litert.fixed(signatures["serving_default"])}
    with saved_model.replacing(path) as new:
        if lite:
            new.write_bytes(litert.convert(model, saved_model.specs(signatures["serving_default"])))
        else:
            saved_model.write(model, new, signatures)
        return check_written(model, new, signatures) if check else None
