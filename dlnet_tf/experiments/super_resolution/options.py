"""What super-resolution alone asks for on the command line."""

from __future__ import annotations

import dataclasses
from typing import Literal

from dlnet_tf.options import EvalOptions, RestoreOptions

# How much blur or noise there is; "auto" where it is to be estimated.
Level = float | Literal["auto"]


def as_typed(value: Level | str) -> str:
    """Return a value as a command line has it: 1 for 1.0."""
    return value if isinstance(value, str) else f"{value:g}"


@dataclasses.dataclass(frozen=True)
class SRChoice:
    """Which experiment, and what is done with it.

    Attributes:
        mode: "eval", "train", "restore" or "export".
        backbone: a network for photographs or for clips.
        scale: magnification t.
    """

    mode: str
    backbone: str
    scale: int


@dataclasses.dataclass(frozen=True)
class SRComparison(EvalOptions):
    """What models are compared at.

    Attributes:
        noise_sigma: standard deviation of noise on the degraded image, where white is 1; None for none and for 8 bits.
    """

    noise_sigma: float | None = None


@dataclasses.dataclass(frozen=True)
class Enlargement(RestoreOptions):
    """What photographs are enlarged from.

    Attributes:
        blur_width: u, or "auto".
        kernel: file of the kernel, in the place of `blur_width`.
        cap_blur: whether a `blur_width` that is more than a photograph can have is lowered.
        noise_sigma: standard deviation of the noise, where white is 1, or "auto"; None for what the file says.
        sweep: whether a contact sheet over u is written instead.
        sweep_at: (x, y), the middle of the part that it shows; None for where detail is.
    """

    blur_width: Level | None = None
    kernel: str | None = None
    cap_blur: bool = True
    noise_sigma: Level | None = None
    sweep: bool = False
    sweep_at: tuple[int, int] | None = None
