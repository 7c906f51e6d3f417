"""The protocol: what a method is shown, what is scored, what is averaged."""

import numpy as np
import pytest

from dlnet_tf.errors import UsageError
from dlnet_tf.evaluation import inpainting_protocol as protocol
from dlnet_tf.evaluation.metrics import to_eight_bit
from tests.evaluation import single_image

RNG = np.random.default_rng(6)
IMAGES = RNG.integers(0, 256, (3, 16, 20, 3), np.uint8)
MASKS = (RNG.random((6, 16, 20, 1)) > 0.4).astype(np.uint8)
NOISE = RNG.normal(0, 0.3, (6, 16, 20, 3)).astype(np.float32)
OWNERS = [0, 0, 1, 1, 2, 2]


def noisy(batch):
    """Return a method that gives the truth and noise, whatever it is shown."""
    place = iter(range(0, 6, batch))

    def restore(degraded, mask):
        start = next(place)
        part = slice(start, start + len(degraded))
        return IMAGES[OWNERS[part]].astype(np.float32) / 255 + NOISE[part]

    return restore


@pytest.mark.parametrize("batch", [1, 4, 6, 100])
def test_scores_are_those_of_single_images_whatever_the_batch(batch):
    kinds = protocol.evaluate(noisy(batch), IMAGES, MASKS, batch)
    for number, owner in enumerate(OWNERS):
        truth = IMAGES[owner].astype(np.float32) / 255
        outputs = truth + NOISE[number], truth + NOISE[number] * (1 - MASKS[number])
        for scores, output in zip(kinds, outputs, strict=True):
            expected = {
                "psnr": single_image.psnr(to_eight_bit(output), IMAGES[owner]),
                "ssim": single_image.ssim(to_eight_bit(output), IMAGES[owner]),
                "l1": single_image.l1(output, truth),
                "l2": single_image.l2(output, truth),
            }
            for name, value in expected.items():
                assert scores.values[name].shape == (3, 2)
                assert scores.values[name].flat[number] == pytest.approx(value, abs=1e-9)


def test_the_method_is_shown_the_masked_image_and_the_mask():
    seen = []

    def restore(degraded, mask, edges):
        seen.append((degraded, mask, edges))
        return degraded

    protocol.evaluate(restore, IMAGES, MASKS, 4, from_truth=lambda x: {"edges": x[..., :1] > 0.5})
    degraded, mask, edges = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    assert [len(part[0]) for part in seen] == [4, 2]
    assert degraded.dtype == mask.dtype == np.float32
    np.testing.assert_array_equal(mask, MASKS)
    np.testing.assert_allclose(degraded, np.where(MASKS > 0, IMAGES[OWNERS] / 255, 0), atol=1e-7)
    np.testing.assert_array_equal(edges, IMAGES[OWNERS][..., :1] > 127)


def test_a_composite_keeps_observed_pixels_exactly():
    plain, composite = protocol.evaluate(lambda degraded, mask: degraded + 0.25 * mask, IMAGES, MASKS)
    # What the method gets wrong it gets wrong where it was told.
    empty, _ = protocol.evaluate(lambda degraded, mask: degraded, IMAGES, MASKS)
    for name in protocol.METRICS:
        np.testing.assert_array_equal(composite.values[name], empty.values[name])
    assert (plain.values["l1"] > composite.values["l1"]).all()


def test_a_perfect_image_counts_as_one_with_a_single_value_off_by_one():
    everything = np.ones_like(MASKS)
    plain, composite = protocol.evaluate(lambda degraded, mask: degraded, IMAGES, everything)
    off = IMAGES[0].copy()
    off[0, 0, 0] ^= 1
    assert plain.mean("psnr") == pytest.approx(single_image.psnr(off, IMAGES[0]))
    assert composite.mean("l1") == 0
    assert composite.mean("ssim") == pytest.approx(1)


def test_the_standard_error_is_that_of_independent_images():
    values = np.array([[1.0, 3.0], [4.0, 4.0], [9.0, 9.0]])
    scores = protocol.Scores({"psnr": values}, IMAGES)
    assert scores.mean("psnr") == 5
    assert scores.standard_error("psnr") == pytest.approx(np.std([2, 4, 9], ddof=1) / np.sqrt(3))
    assert protocol.Scores({"psnr": values[:1]}, IMAGES).standard_error("psnr") is None


def test_a_row_has_the_agreed_keys():
    plain, composite = protocol.evaluate(noisy(6), IMAGES, MASKS, 6)
    row = protocol.report_row(
        composite, "inpaint", "celeba", "naive_likelihood", "autoencoder", "s=20", True, weight=1e4
    )
    assert row == {
        "task": "inpaint",
        "set": "celeba",
        "method": "naive_likelihood",
        "arch": "autoencoder",
        "level": "s=20",
        "composite": True,
        "weight": 1e4,
        **{name: pytest.approx(composite.values[name].mean()) for name in ("psnr", "ssim", "l1", "l2")},
        "psnr_standard_error": composite.standard_error("psnr"),
        "images": 3,
        "corruptions": 2,
    }
    one = protocol.Scores({name: values[:1] for name, values in plain.values.items()}, plain.restored)
    row = protocol.report_row(one, "interp", "samples", "joint", "sft", "r=15%", False)
    assert "psnr_standard_error" not in row and "weight" not in row


@pytest.mark.parametrize("batch", [1, 4, 6])
def test_what_is_kept_is_of_the_first_corruption(batch):
    plain, composite = protocol.evaluate(noisy(batch), IMAGES, MASKS, batch, pictured=2)
    for index in range(2):
        truth, noise, missing = IMAGES[index].astype(np.float32) / 255, NOISE[2 * index], 1 - MASKS[2 * index]
        np.testing.assert_array_equal(plain.restored[index], to_eight_bit(truth + noise))
        np.testing.assert_array_equal(composite.restored[index], to_eight_bit(truth + noise * missing))
    assert plain.restored.shape == (2, 16, 20, 3)


def test_without_pictures_none_are_kept_and_progress_is_told_of_every_batch():
    told = []
    plain, _ = protocol.evaluate(noisy(4), IMAGES, MASKS, 4, progress=lambda: told.append(1))
    assert len(plain.restored) == 0 and len(told) == 2


def test_what_is_not_finite_or_does_not_fit_is_refused():
    def broken(degraded, mask):
        restored = degraded.copy()
        restored[3, 0, 0, 0] = np.nan
        return restored

    with pytest.raises(UsageError, match="test image 1: found restored values that are not finite"):
        protocol.evaluate(broken, IMAGES, MASKS)
    with pytest.raises(ValueError, match=r"restored to \[6, 16, 20, 1\], expected \[6, 16, 20, 3\]"):
        protocol.evaluate(lambda degraded, mask: mask, IMAGES, MASKS)
    for masks in (MASKS[:5], MASKS[:0], MASKS[:, :8]):
        with pytest.raises(ValueError, match="found masks"):
            protocol.evaluate(noisy(6), IMAGES, masks)
