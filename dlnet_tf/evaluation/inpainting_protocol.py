"""The protocol of inpainting and interpolation: what is restored, composed, rounded, averaged.

Every corruption of every image is restored once and scored twice: as it is, and as the composite
I_x + (1 - M) * I_y^, which keeps the observed pixels. PSNR and SSIM are those of the clipped, rounded 8-bit image,
l1 and l2 those of the values themselves on the [-1, 1] scale. Means are over images and their corruptions; for the
mean, an image that is restored without any error counts as one with a single value off by one (89.03 dB at
64 x 64 x 3), because its own PSNR is infinite.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.evaluation import metrics
from dlnet_tf.evaluation.metrics import to_eight_bit
from dlnet_tf.evaluation.rows import Row
from dlnet_tf.evaluation.structural_similarity import ssim
from dlnet_tf.method_labels import method_columns
from dlnet_tf.tensors import Tensor

Fill = Callable[..., Tensor]
"""From degraded [B, H, W, 3] and mask [B, H, W, 1], float32, to restored [B, H, W, 3], about in [0, 1]."""
FromTruth = Callable[[np.ndarray], Mapping[str, Tensor]]
"""From clean images [B, H, W, 3] in [0, 1] to further arguments of `Fill` by name, such as their edges."""

METRICS = ("psnr", "ssim", "l1", "l2")
IN_WORDS = "missing pixels black; PSNR and SSIM of the clipped 8-bit image; l1 and l2 on the [-1, 1] scale"


@dataclasses.dataclass(frozen=True)
class Scores:
    """What a method made of the corruptions of one level, as one kind of output.

    Attributes:
        values: `psnr` in dB (finite, see the module), `ssim`, `l1`, `l2` -> float64 [N, R], images x corruptions.
        restored: what was made of the first corruption of the first images, uint8 [P, H, W, 3].
    """

    values: dict[str, np.ndarray]
    restored: np.ndarray

    def mean(self, metric: str) -> float:
        """Return the mean of a metric over images and corruptions."""
        return float(self.values[metric].mean())

    def standard_error(self, metric: str) -> float | None:
        """Return the standard error of that mean over images; None for one image.

        Corruptions of one image are not independent draws of photographs, so they are averaged first.
        """
        of_images = self.values[metric].mean(axis=1)
        return float(of_images.std(ddof=1) / np.sqrt(len(of_images))) if len(of_images) > 1 else None


def evaluate(
    restore: Fill,
    images: np.ndarray,
    masks: np.ndarray,
    batch: int = 100,
    pictured: int = 0,
    from_truth: FromTruth | None = None,
    progress: Callable[[], object] | None = None,
) -> tuple[Scores, Scores]:
    """Restore and score the corruptions of one level.

    Args:
        restore: the method; called with a batch at a time.
        images: x, uint8 [N, H, W, 3].
        masks: uint8 [N * R, H, W, 1], 1 = observed, those of one image together (see `corruptions.draw`).
        batch: corruptions at a time.
        pictured: how many images to keep a result for, that of their first corruption.
        from_truth: what else the method is told; nothing by default.
        progress: called after every batch.

    Returns:
        Scores of what the method gives, scores of the composite.

    Raises:
        UsageError: the method gives values that are not finite.
        ValueError: it gives images of another shape; or the masks do not fit the images.
    """
    repeats, rest = divmod(len(masks), len(images))
    if rest or not repeats or masks.shape[1:] != (*images.shape[1:3], 1):
        raise ValueError(f"found masks {list(masks.shape)} for images {list(images.shape)}")
    found: list[list[dict[str, np.ndarray]]] = [[], []]
    kept: list[list[np.ndarray]] = [[], []]
    for start in range(0, len(masks), batch):
        owners, corruptions = np.divmod(np.arange(start, min(start + batch, len(masks))), repeats)
        clean = images[owners]
        x = clean.astype(np.float32) / 255
        mask = masks[start : start + batch].astype(np.float32)
        degraded = x * mask
        restored = np.asarray(restore(degraded, mask, **(from_truth(x) if from_truth else {})))
        if restored.shape != x.shape:
            raise ValueError(f"restored to {list(restored.shape)}, expected {list(x.shape)}")
        if not np.isfinite(restored).all():
            broken = owners[~np.isfinite(restored).all(axis=(1, 2, 3))][0]
            raise UsageError(f"test image {broken}: found restored values that are not finite")
        shown = (owners < pictured) & (corruptions == 0)
        for kind, output in enumerate((restored, np.where(mask > 0, degraded, restored))):
            eight_bit = to_eight_bit(output)
            found[kind].append(_values(output, eight_bit, x, clean))
            kept[kind].append(eight_bit[shown])
        if progress:
            progress()
    plain, composite = (
        Scores(
            {name: np.concatenate([part[name] for part in parts]).reshape(-1, repeats) for name in METRICS},
            np.concatenate(pictures),
        )
        for parts, pictures in zip(found, kept, strict=True)
    )
    return plain, composite


def _values(output: np.ndarray, eight_bit: np.ndarray, x: np.ndarray, clean: np.ndarray) -> dict[str, np.ndarray]:
    one_off = 10 * np.log10(255.0**2 * clean[0].size)
    return {
        "psnr": np.minimum(metrics.psnr(eight_bit, clean), one_off),
        "ssim": ssim(eight_bit, clean),
        "l1": metrics.l1(output, x),
        "l2": metrics.l2(output, x),
    }


def report_row(
    scores: Scores,
    task: str,
    test_set: str,
    method: str,
    arch: str | None,
    level: str,
    composite: bool,
    **details: object,
) -> Row:
    """Return the row of a report for one method at one level and one kind of output.

    Args:
        scores: those of that kind of output.
        task: `inpaint` or `interp`.
        test_set: name of the folder or sample set.
        method: one of `untrained.UNTRAINED` or of `dlnet_tf.methods`; with ", <variant>" one of several models.
        arch: the network; None for a method without one.
        level: one of `corruptions.LEVELS[task]`.
        composite: whether the scores are of composites.
        **details: what else tells experiments apart: `weight` (lambda of the naive likelihood), `boundary_band` (px).

    Returns:
        The above, psnr in dB and its standard error over images (where there are several), ssim, l1, l2, images,
        corruptions (of an image).
    """
    images, corruptions = scores.values["psnr"].shape
    error = scores.standard_error("psnr")
    return {
        "task": task,
        "set": test_set,
        **method_columns(method),
        **({"arch": arch} if arch else {}),
        "level": level,
        "composite": composite,
        **details,
        **{metric: scores.mean(metric) for metric in METRICS},
        **({} if error is None else {"psnr_standard_error": error}),
        "images": images,
        "corruptions": corruptions,
    }
