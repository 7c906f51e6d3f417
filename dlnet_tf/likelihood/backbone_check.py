"""What a backbone has to be so that a DL-Net can be made of it, said before the first batch."""

from __future__ import annotations

import keras

from dlnet_tf.degradations import Degradation
from dlnet_tf.errors import UsageError
from dlnet_tf.tensors import Tensor

# Side of the test image for a backbone that takes any size.
SIDE = 24


def check_kinds(backbone: object, degradation: object) -> None:
    """Refuse what is no model or no degradation, such as the name of one.

    Raises:
        UsageError: either is something else.
    """
    for role, value, kind, expected in (
        ("backbone", backbone, keras.Model, "keras.Model, as backbones.idn(scale=3) is"),
        ("degradation", degradation, Degradation, "Degradation, as degradations.Masking() is"),
    ):
        if not isinstance(value, kind):
            found = repr(value) if isinstance(value, (str, type)) else type(value).__name__
            raise UsageError(f"DLNet: found {found} as the {role}, expected a {expected}")


def check_backbone(backbone: keras.Model, degradation: Degradation) -> None:
    """Refuse a backbone whose inputs or outputs do not fit.

    Args:
        backbone: a functional model.
        degradation: W of Eq. (1).

    Raises:
        UsageError: it has several outputs or a dict or list of them, several inputs of which none is `degraded`, an
            input of a fixed batch size, or an output of other channels than y or of another size than the images that
            the degradation takes.
    """
    name = backbone.name
    # A sequential model has one output, and knows it by no other name before it is called.
    packed = None if isinstance(backbone, keras.Sequential) else backbone.output
    if len(backbone.outputs) != 1 or isinstance(packed, (dict, list, tuple)):
        several = f"{len(backbone.outputs)} outputs" if len(backbone.outputs) != 1 else "a list of outputs"
        kind = "a dict of outputs" if isinstance(packed, dict) else several
        raise UsageError(f"{name}: found {kind}, expected one: the restored image [B, H, W, C]")
    names = [tensor.name for tensor in backbone.inputs]
    if len(names) > 1 and "degraded" not in names:
        raise UsageError(f"{name}: found inputs {', '.join(names)}, expected one of them to be called degraded")
    for tensor in backbone.inputs:
        if tensor.shape[0] is not None:
            raise UsageError(
                f"{name}: found input {tensor.name!r} of batches of {tensor.shape[0]}, expected one without batch_size"
            )
    degraded = backbone.inputs[names.index("degraded") if len(names) > 1 else 0]
    if len(degraded.shape) == 4:
        _check_channels(backbone, degraded)
        _check_size(backbone, degraded, degradation)


def _check_channels(backbone: keras.Model, degraded: Tensor) -> None:
    # What is restored is degraded channel by channel; one would be compared with all of y without a word.
    found, expected = backbone.outputs[0].shape[-1], degraded.shape[-1]
    if None not in (found, expected) and found != expected:
        raise UsageError(
            f"{backbone.name}: found restored images of {found} channels for degraded ones of {expected}, expected as "
            "many"
        )


def _check_size(backbone: keras.Model, degraded: Tensor, degradation: Degradation) -> None:
    height, width = (size or SIDE for size in degraded.shape[1:3])
    found = output_size(backbone, height, width)
    expected = degradation.restored_size((1, height, width))
    if found and None not in found and found != tuple(expected):
        raise UsageError(
            f"{backbone.name}: found restored images of {found[1]} x {found[0]} pixels for degraded ones of {width} x "
            f"{height}, expected {expected[1]} x {expected[0]} for {type(degradation).__name__}"
        )


def output_size(backbone: keras.Model, height: int, width: int) -> tuple[int | None, ...] | None:
    """Return height and width of what comes out of an image; None where it cannot be told without a batch.

    Args:
        backbone: a functional model.
        height: of the image, unless the model takes images of one height.
        width: as the height.
    """

    def filled(tensor: Tensor) -> Tensor:
        shape = tensor.shape
        if len(shape) == 4:
            shape = (shape[0], shape[1] or height, shape[2] or width, shape[3])
        return keras.KerasTensor(shape, tensor.dtype)

    try:
        output = backbone.compute_output_spec(keras.tree.map_structure(filled, backbone.input))
    except Exception:  # a layer that does not know the shape of its output raises anything
        return None
    return tuple(output.shape[1:3]) if len(output.shape) == 4 else None
