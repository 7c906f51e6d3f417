"""What super-resolution alone asks for on the command line."""

from __future__ import annotations

import dataclasses

from dlnet_tf.options import EvalOptions, RestoreOptions


@dataclasses.dataclass(frozen=True)
class Comparison(EvalOptions):
    """At which noise models are compared.

    Attributes:
        noise_sigma: standard deviation of white noise on the degraded image, of 1; None for none and for 8 bits.
    """

    noise_sigma: str | None = None


@dataclasses.dataclass(frozen=True)
class Enlargement(RestoreOptions):
    """Which degradation photographs are restored from.

    Attributes:
        blur_width: u, or "auto".
        kernel: file of the kernel, in the place of `blur_width`.
        cap_blur: whether a `blur_width` that is more than a photograph can have is lowered.
        noise_sigma: standard deviation of the noise, of 1, or "auto"; None for what the file says.
        sweep: whether a contact sheet over u is written instead.
        sweep_at: (x, y), the middle of the part that it shows; None for where detail is.
    """

    blur_width: str | None = None
    kernel: str | None = None
    cap_blur: bool = True
    noise_sigma: str | None = None
    sweep: bool = False
    sweep_at: list[str] | None = None
