"""Metrics against closed forms and against scikit-image."""

import numpy as np
import pytest
import skimage.metrics

from dlnet_tf.evaluation.metrics import l1, l2, psnr, ssim, to_eight_bit


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
    assert psnr(clean + np.uint8(error), clean) == pytest.approx(20 * np.log10(255 / error), abs=1e-12)


def test_psnr_of_equal_images_is_infinite():
    assert psnr(np.ones((3, 3), np.uint8), np.ones((3, 3), np.uint8)) == np.inf


def test_psnr_does_not_wrap_around(noisy):
    restored, clean = noisy
    assert psnr(restored, clean) == psnr(clean, restored)
    assert psnr(restored, clean) == pytest.approx(skimage.metrics.peak_signal_noise_ratio(clean, restored))


def test_ssim_agrees_with_scikit_image(noisy):
    restored, clean = noisy
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    for a, b, axis in ((restored, clean, -1), (restored[..., 0], clean[..., 0], None)):
        expected = skimage.metrics.structural_similarity(a / 255.0, b / 255.0, channel_axis=axis, **options)
        assert ssim(a, b) == pytest.approx(expected, abs=1e-10)


def test_ssim_of_flat_images_is_its_luminance_term():
    a, b = np.full((11, 11), 51, np.uint8), np.full((11, 11), 102, np.uint8)
    assert ssim(a, b) == pytest.approx((2 * 0.2 * 0.4 + 1e-4) / (0.04 + 0.16 + 1e-4), abs=1e-9)
    assert ssim(a, a) == pytest.approx(1.0, abs=1e-12)


def test_ssim_refuses_images_below_its_window():
    with pytest.raises(ValueError, match="11 x 11"):
        ssim(np.zeros((10, 40), np.uint8), np.zeros((10, 40), np.uint8))


@pytest.mark.parametrize("metric", [psnr, ssim])
def test_metrics_refuse_other_shapes_and_types(metric):
    image = np.zeros((12, 12, 3), np.uint8)
    for other in (image[..., :1], image.astype(np.float32)):
        with pytest.raises(ValueError, match="expected two uint8 images"):
            metric(other, image)


def test_l1_and_l2_stand_on_the_scale_from_minus_one_to_one():
    clean = np.array([0.0, 0.5, 1.0, 1.0])
    restored = np.array([0.25, 0.5, 1.5, 1.0], np.float32)  # 1.5 is not clipped
    as_signed = (2 * restored - 1) - (2 * clean - 1)
    assert l1(restored, clean) == pytest.approx(np.abs(as_signed).mean())
    assert l2(restored, clean) == pytest.approx((as_signed**2).mean())
