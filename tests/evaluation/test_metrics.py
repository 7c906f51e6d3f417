"""Metrics against closed forms, against scikit-image, and against their definitions for one image at a time."""

import numpy as np
import pytest
import skimage.metrics

from dlnet_tf.evaluation.metrics import l1, l2, psnr, to_eight_bit
from dlnet_tf.evaluation.structural_similarity import ssim
from tests.evaluation import single_image

METRICS = {"psnr": psnr, "ssim": ssim, "l1": l1, "l2": l2}
RNG = np.random.default_rng(4)


def of_one(name, restored, clean):
    """A metric of a batch of one."""
    (value,) = METRICS[name](restored[None], clean[None])
    return value


@pytest.fixture
def noisy():
    rng = np.random.default_rng(3)
    clean = np.add.outer(np.arange(37) * 3, np.arange(52) * 2).astype(np.uint8)
    clean = np.stack([clean, clean[::-1], rng.integers(0, 256, clean.shape, np.uint8)], axis=-1)
    noise = rng.integers(-20, 21, clean.shape)
    return np.clip(clean.astype(int) + noise, 0, 255).astype(np.uint8), clean


def test_to_eight_bit_clips_and_rounds():
    image = np.array([-0.1, 0.0, 0.49 / 255, 0.51 / 255, 254.51 / 255, 1.0, 7.0])
    np.testing.assert_array_equal(to_eight_bit(image), [0, 0, 0, 1, 255, 255, 255])


@pytest.mark.parametrize("error", [1, 10, 255])
def test_psnr_of_a_constant_error_is_known(error):
    clean = np.zeros((4, 5), np.uint8)
    assert of_one("psnr", clean + np.uint8(error), clean) == pytest.approx(20 * np.log10(255 / error), abs=1e-12)


def test_psnr_of_equal_images_is_infinite():
    assert of_one("psnr", np.ones((3, 3), np.uint8), np.ones((3, 3), np.uint8)) == np.inf


def test_psnr_does_not_wrap_around(noisy):
    restored, clean = noisy
    assert of_one("psnr", restored, clean) == of_one("psnr", clean, restored)
    assert of_one("psnr", restored, clean) == pytest.approx(skimage.metrics.peak_signal_noise_ratio(clean, restored))


def test_ssim_agrees_with_scikit_image(noisy):
    restored, clean = noisy
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    for a, b, axis in ((restored, clean, -1), (restored[..., 0], clean[..., 0], None)):
        expected = skimage.metrics.structural_similarity(a / 255.0, b / 255.0, channel_axis=axis, **options)
        a, b = (image if axis else image[..., None] for image in (a, b))
        assert of_one("ssim", a, b) == pytest.approx(expected, abs=1e-10)


def test_ssim_of_flat_images_is_its_luminance_term():
    a, b = np.full((11, 11, 1), 51, np.uint8), np.full((11, 11, 1), 102, np.uint8)
    assert of_one("ssim", a, b) == pytest.approx((2 * 0.2 * 0.4 + 1e-4) / (0.04 + 0.16 + 1e-4), abs=1e-9)
    assert of_one("ssim", a, a) == pytest.approx(1.0, abs=1e-12)


def test_ssim_refuses_images_below_its_window():
    with pytest.raises(ValueError, match="11 x 11"):
        of_one("ssim", np.zeros((10, 40, 1), np.uint8), np.zeros((10, 40, 1), np.uint8))


@pytest.mark.parametrize("name", ["psnr", "ssim"])
def test_metrics_refuse_other_shapes_and_types(name):
    image = np.zeros((12, 12, 3), np.uint8)
    for other in (image[..., :1], image.astype(np.float32)):
        with pytest.raises(ValueError, match="expected two uint8 images"):
            of_one(name, other, image)


def test_l1_and_l2_stand_on_the_scale_from_minus_one_to_one():
    clean = np.array([0.0, 0.5, 1.0, 1.0])
    restored = np.array([0.25, 0.5, 1.5, 1.0], np.float32)  # 1.5 is not clipped
    as_signed = (2 * restored - 1) - (2 * clean - 1)
    assert of_one("l1", restored, clean) == pytest.approx(np.abs(as_signed).mean())
    assert of_one("l2", restored, clean) == pytest.approx((as_signed**2).mean())


def pair(shape):
    clean = RNG.integers(0, 256, shape, np.uint8)
    clean[:, : shape[1] // 2] //= 40  # a dark, flat part
    return np.clip(clean + RNG.integers(-25, 26, shape), 0, 255).astype(np.uint8), clean


# Sizes with one block of the filter, with whole blocks, with a narrow last one; odd numbers of images.
@pytest.mark.parametrize("shape", [(5, 64, 64, 3), (1, 11, 30, 1), (4, 29, 47, 3)])
@pytest.mark.parametrize("name", ["psnr", "ssim"])
def test_eight_bit_metrics_equal_those_of_single_images(name, shape):
    restored, clean = pair(shape)
    expected = [getattr(single_image, name)(a, b) for a, b in zip(restored, clean, strict=True)]
    np.testing.assert_allclose(METRICS[name](restored, clean), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["l1", "l2"])
def test_errors_equal_those_of_single_images(name):
    clean = RNG.random((7, 20, 21, 3), np.float32)
    restored = clean + RNG.normal(0, 0.5, clean.shape).astype(np.float32)  # outside [0, 1] too
    expected = [getattr(single_image, name)(a, b) for a, b in zip(restored, clean, strict=True)]
    np.testing.assert_allclose(METRICS[name](restored, clean), expected, rtol=0, atol=1e-12)


def test_equal_images_are_perfect():
    _, clean = pair((3, 16, 16, 3))
    assert psnr(clean, clean).tolist() == [np.inf] * 3
    np.testing.assert_allclose(ssim(clean, clean), 1, rtol=0, atol=1e-12)


def test_the_arguments_stay_as_they_were():
    restored, clean = pair((3, 16, 16, 3))
    before = restored.copy(), clean.copy()
    ssim(restored, clean)
    psnr(restored, clean)
    np.testing.assert_array_equal(np.stack(before), np.stack([restored, clean]))


@pytest.mark.parametrize("name", ["psnr", "ssim"])
def test_other_shapes_and_types_are_refused(name):
    _, clean = pair((2, 16, 16, 3))
    for other in (clean[:1], clean[..., :1], clean / 255.0):
        with pytest.raises(ValueError, match="expected two uint8"):
            METRICS[name](other, clean)


def test_images_below_the_window_have_no_ssim():
    small = np.zeros((2, 10, 40, 3), np.uint8)
    with pytest.raises(ValueError, match="11 x 11"):
        ssim(small, small)
