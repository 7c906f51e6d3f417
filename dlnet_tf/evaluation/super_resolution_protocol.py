"""The super-resolution protocol: how a photograph becomes a test case and how a result is scored.

Y of MATLAB's rgb2ycbcr as uint8; crop to a multiple of the scale; Gaussian blur and MATLAB's bicubic
downsampling, exact or with noise; the result clipped and rounded to uint8; `scale` pixels shaved off each side;
the mean over images.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from keras import ops

from dlnet_tf.colour import luminance
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.errors import UsageError
from dlnet_tf.evaluation.metrics import psnr, to_eight_bit
from dlnet_tf.evaluation.rows import Row
from dlnet_tf.evaluation.structural_similarity import ssim
from dlnet_tf.method_labels import method_columns
from dlnet_tf.resize import imresize
from dlnet_tf.rounding import EIGHT_BITS
from dlnet_tf.tensors import Tensor

Restore = Callable[[np.ndarray, np.ndarray, np.ndarray], Tensor]
"""From degraded [1, h, w, 1], blur_width [1], noise_sigma [1], float32, to restored [1, H, W, 1], about in [0, 1]."""

# The noise of a file that holds 8 bits.
ROUNDED = "8 bits"
Noise = float | str

# At what models are compared: blur widths u in pixels of x, and noise on y, of which white is 1: none, as in the paper,
# and that of files.
BLUR_WIDTHS = (0.0, 1.3, 2.6)
NOISES: tuple[Noise, ...] = (0.0, ROUNDED)

IN_WORDS = "luminance, 15 x 15 Gaussian blur, MATLAB's bicubic downsampling, 8-bit results, borders shaved"

# What is left after shaving must hold one window of SSIM.
_MIN_SIDE_AFTER_SHAVING = 11


@dataclasses.dataclass(frozen=True)
class SRPair:
    """One test case: a clean image and what was made of it.

    Attributes:
        name: name of the image.
        degraded: y of Eq. 1, float32 [1, h, w, 1].
        clean: x, uint8 [h * scale, w * scale].
        scale: t.
        blur_width: u, standard deviation in pixels of x.
        noise: standard deviation of the noise on y, or "8 bits".
    """

    name: str
    degraded: np.ndarray
    clean: np.ndarray
    scale: int
    blur_width: float
    noise: Noise = 0.0

    @property
    def noise_sigma(self) -> float:
        """What a network is told of the noise."""
        return EIGHT_BITS if isinstance(self.noise, str) else self.noise


@dataclasses.dataclass(frozen=True)
class Score:
    """What a method made of one test case: the whole image as uint8 [H, W], its PSNR in dB and SSIM."""

    name: str
    restored: np.ndarray
    psnr: float
    ssim: float


def make_pairs(
    images: Iterable[tuple[str, np.ndarray]],
    scale: int,
    blur_width: float,
    noise: Noise = 0.0,
    kernel: np.ndarray | None = None,
    seed: int = 0,
) -> list[SRPair]:
    """Degrade photographs by Eq. 1, in float64.

    Args:
        images: (name, uint8 [H, W] used as it is or [H, W, 3] RGB).
        scale: t, a whole number.
        blur_width: u >= 0, standard deviation of the Gaussian in pixels of x; 0 leaves x as it is.
        noise: standard deviation of white noise on y of [0, 1], the same draw for an image of one size; "8 bits" for y
            as a file holds it, clipped and rounded to steps of 1/255; 0 for y as Eq. 1 makes it.
        kernel: [k, k], a blur in the place of the Gaussian; the pairs do not say so.
        seed: of the white noise.

    Returns:
        One pair an image, in order.

    Raises:
        UsageError: an image is too small to be scored at this scale.
    """
    degradation = BlurDownsample(scale)
    gaussian = {"blur_width": np.array([blur_width], np.float64)}
    parameters = gaussian if kernel is None else {"kernel": np.asarray(kernel, np.float64)[None]}
    pairs = []
    for name, image in images:
        height, width = (side // scale * scale for side in image.shape[:2])
        if min(height, width) < _MIN_SIDE_AFTER_SHAVING + 2 * scale:
            raise UsageError(
                f"{name}: found {image.shape[0]} x {image.shape[1]} pixels, expected at least "
                f"{-(-_MIN_SIDE_AFTER_SHAVING // scale) * scale + 2 * scale} each way at x{scale}"
            )
        clean = luminance(image)[:height, :width]
        y = degradation(clean[None, :, :, None] / 255.0, parameters)
        observed = _observed(ops.convert_to_numpy(y), noise, seed)
        pairs.append(SRPair(name, observed.astype(np.float32), clean, scale, blur_width, noise))
    return pairs


def _observed(y: np.ndarray, noise: Noise, seed: int) -> np.ndarray:
    if isinstance(noise, str):
        return to_eight_bit(y) / 255.0
    return y + noise * np.random.default_rng(seed).standard_normal(y.shape) if noise else y


def evaluate(restore: Restore, pairs: Sequence[SRPair]) -> list[Score]:
    """Restore and score every test case.

    Args:
        restore: the method; called with one image at a time.
        pairs: the test cases.

    Returns:
        One score a pair, in order.

    Raises:
        UsageError: what `restore` refuses, and the image; or it gives values that are not finite.
        ValueError: `restore` gives an image of another size than the clean one.
    """
    return [_score(restore, pair) for pair in pairs]


def bicubic(scale: int) -> Restore:
    """Return the baseline as a method: MATLAB's bicubic upscaling, which does not know the blur."""

    def restore(degraded: np.ndarray, blur_width: np.ndarray, noise_sigma: np.ndarray) -> np.ndarray:
        return imresize(degraded[0], scale)[None]

    return restore


def report_row(
    scores: Sequence[Score], pairs: Sequence[SRPair], test_set: str, method: str, backbone: str | None = None
) -> Row:
    """Return the row of a report for one method at one level: means over images.

    Args:
        scores: what `evaluate` returned, at least one.
        pairs: what it was given, all of one scale, blur width and noise.
        test_set: name of the folder or sample set.
        method: `bicubic`, or one of `dlnet_tf.methods`; with ", <variant>" one of several models.
        backbone: the network; None for a method without one.

    Returns:
        task, set, method, variant and backbone (where there is one), scale, blur_width, noise_sigma (where there is
        noise), psnr in dB, ssim, images.
    """
    return {
        "task": "sisr",
        "set": test_set,
        **method_columns(method),
        **({"backbone": backbone} if backbone else {}),
        "scale": pairs[0].scale,
        "blur_width": float(pairs[0].blur_width),
        **({"noise_sigma": pairs[0].noise} if pairs[0].noise else {}),
        "psnr": float(np.mean([score.psnr for score in scores])),
        "ssim": float(np.mean([score.ssim for score in scores])),
        "images": len(scores),
    }


def _score(restore: Restore, pair: SRPair) -> Score:
    try:
        told = (np.array([value], np.float32) for value in (pair.blur_width, pair.noise_sigma))
        restored = np.asarray(restore(pair.degraded, *told))
    except UsageError as error:
        raise UsageError(f"{pair.name} at u = {pair.blur_width:g}: {error}") from None
    if restored.shape != (1, *pair.clean.shape, 1):
        raise ValueError(f"{pair.name}: restored to {list(restored.shape)}, expected {[1, *pair.clean.shape, 1]}")
    if not np.isfinite(restored).all():
        raise UsageError(f"{pair.name} at u = {pair.blur_width:g}: found restored values that are not finite")
    image = to_eight_bit(restored[0, :, :, 0])
    inside = slice(pair.scale, -pair.scale)
    a, b = (shaved[None, inside, inside, None] for shaved in (image, pair.clean))
    return Score(pair.name, image, float(psnr(a, b)[0]), float(ssim(a, b)[0]))
