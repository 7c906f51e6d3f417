"""Many images at once give what one image at a time gives."""

import numpy as np
import pytest

from dlnet_tf.evaluation import batch_metrics, metrics

RNG = np.random.default_rng(4)


def pair(shape):
    clean = RNG.integers(0, 256, shape, np.uint8)
    clean[:, : shape[1] // 2] //= 40  # a dark, flat part
    return np.clip(clean + RNG.integers(-25, 26, shape), 0, 255).astype(np.uint8), clean


# Sizes with one block of the filter, with whole blocks, with a narrow last one; odd numbers of images.
@pytest.mark.parametrize("shape", [(5, 64, 64, 3), (1, 11, 30, 1), (4, 29, 47, 3)])
@pytest.mark.parametrize("name", ["psnr", "ssim"])
def test_eight_bit_metrics_equal_those_of_single_images(name, shape):
    restored, clean = pair(shape)
    expected = [getattr(metrics, name)(a, b) for a, b in zip(restored, clean, strict=True)]
    np.testing.assert_allclose(getattr(batch_metrics, name)(restored, clean), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["l1", "l2"])
def test_errors_equal_those_of_single_images(name):
    clean = RNG.random((7, 20, 21, 3), np.float32)
    restored = clean + RNG.normal(0, 0.5, clean.shape).astype(np.float32)  # outside [0, 1] too
    expected = [getattr(metrics, name)(a, b) for a, b in zip(restored, clean, strict=True)]
    np.testing.assert_allclose(getattr(batch_metrics, name)(restored, clean), expected, rtol=0, atol=1e-12)


def test_equal_images_are_perfect():
    _, clean = pair((3, 16, 16, 3))
    assert batch_metrics.psnr(clean, clean).tolist() == [np.inf] * 3
    np.testing.assert_allclose(batch_metrics.ssim(clean, clean), 1, rtol=0, atol=1e-12)


def test_the_arguments_stay_as_they_were():
    restored, clean = pair((3, 16, 16, 3))
    before = restored.copy(), clean.copy()
    batch_metrics.ssim(restored, clean)
    batch_metrics.psnr(restored, clean)
    np.testing.assert_array_equal(np.stack(before), np.stack([restored, clean]))


@pytest.mark.parametrize("name", ["psnr", "ssim"])
def test_other_shapes_and_types_are_refused(name):
    _, clean = pair((2, 16, 16, 3))
    for other in (clean[:1], clean[..., :1], clean / 255.0):
        with pytest.raises(ValueError, match="expected two uint8"):
            getattr(batch_metrics, name)(other, clean)


def test_images_below_the_window_have_no_ssim():
    small = np.zeros((2, 10, 40, 3), np.uint8)
    with pytest.raises(ValueError, match="11 x 11"):
        batch_metrics.ssim(small, small)
