"""The protocol: published figures of the bicubic baseline, and every step of it on its own."""

import cv2
import numpy as np
import pytest

from dlnet_tf.data.test_sets import find_test_sets
from dlnet_tf.errors import UsageError
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.resize import imresize

RNG = np.random.default_rng(5)
PHOTOGRAPH = ("photograph", RNG.integers(0, 256, (41, 50, 3), np.uint8))


@pytest.mark.parametrize(
    ("blur_width", "published"),
    [(0.0, (33.65, 30.39, 28.42)), (1.3, (29.92, 28.76, 27.56)), (2.6, (26.31, 26.09, 25.73))],
)
def test_bicubic_has_its_published_psnr_on_set5(shared, blur_width, published):
    images = find_test_sets(shared / "datasets" / "sisr", ["Set5"])["Set5"]
    for scale, expected in zip((2, 3, 4), published, strict=True):
        pairs = protocol.make_pairs(images, scale, blur_width)
        scores = protocol.evaluate(protocol.bicubic(scale), pairs)
        assert np.mean([score.psnr for score in scores]) == pytest.approx(expected, abs=0.02)


def test_grayscale_images_are_used_as_they_are_on_set14(shared):
    images = find_test_sets(shared / "datasets" / "sisr", ["Set14"])["Set14"]
    pairs = protocol.make_pairs(images, 3, 0.0)
    scores = protocol.evaluate(protocol.bicubic(3), pairs)
    assert np.mean([score.psnr for score in scores]) == pytest.approx(27.54, abs=0.01)


def test_images_are_cropped_to_a_multiple_of_the_scale():
    for scale, size in ((2, (40, 50)), (3, (39, 48)), (4, (40, 48))):
        (pair,) = protocol.make_pairs([PHOTOGRAPH], scale, 0.0)
        assert pair.clean.shape == size
        assert pair.degraded.shape == (1, size[0] // scale, size[1] // scale, 1)
        assert pair.degraded.dtype == np.float32


def test_degraded_images_follow_the_definition():
    name, rgb = PHOTOGRAPH
    (pair,) = protocol.make_pairs([(name, rgb[..., 0])], 3, 1.3)
    taps = np.exp(-(np.arange(-7, 8) ** 2) / (2 * 1.3**2))
    kernel = np.outer(taps, taps) / taps.sum() ** 2
    padded = np.pad(rgb[:39, :48, 0] / 255.0, 7, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (15, 15))
    expected = imresize(np.einsum("hwij,ij->hw", windows, kernel), 1 / 3)
    np.testing.assert_allclose(pair.degraded[0, :, :, 0], expected, atol=1e-6)
    # y is not rounded to 8 bits.
    assert np.abs(pair.degraded * 255 - np.rint(pair.degraded * 255)).max() > 0.4


def test_borders_are_shaved_by_the_scale():
    (pair,) = protocol.make_pairs([PHOTOGRAPH], 3, 0.0)
    restored = pair.clean[None, :, :, None] / 255.0
    restored[:, :3] = restored[:, -3:] = restored[:, :, :3] = restored[:, :, -3:] = 0.5
    (score,) = protocol.evaluate(lambda degraded, blur_width, noise_sigma: restored, [pair])
    assert score.psnr == np.inf
    restored[:, 3, 3] += 16 / 255
    (score,) = protocol.evaluate(lambda degraded, blur_width, noise_sigma: restored, [pair])
    assert score.psnr == pytest.approx(10 * np.log10(255**2 * (39 - 6) * (48 - 6) / 16**2))


def test_the_method_is_told_the_blur_width():
    seen = []

    def restore(degraded, blur_width, noise_sigma):
        seen.append((degraded.shape, blur_width.tolist(), blur_width.dtype))
        return np.zeros((1, 40, 50, 1))

    protocol.evaluate(restore, protocol.make_pairs([PHOTOGRAPH], 2, 1.5))
    assert seen == [((1, 20, 25, 1), [1.5], np.float32)]


def test_report_row_holds_means_under_the_agreed_names():
    pairs = protocol.make_pairs([PHOTOGRAPH, ("flipped", PHOTOGRAPH[1][::-1])], 2, 1)
    scores = protocol.evaluate(protocol.bicubic(2), pairs)
    row = protocol.report_row(scores, pairs, "samples", "bicubic")
    assert row == {
        "task": "sisr",
        "set": "samples",
        "method": "bicubic",
        "scale": 2,
        "blur_width": 1.0,
        "psnr": pytest.approx((scores[0].psnr + scores[1].psnr) / 2),
        "ssim": pytest.approx((scores[0].ssim + scores[1].ssim) / 2),
        "images": 2,
    }
    assert protocol.report_row(scores, pairs, "samples", "dlnet", "idn")["backbone"] == "idn"


def test_images_too_small_to_score_are_named():
    with pytest.raises(UsageError, match="icon: found 16 x 40 pixels, expected at least 18"):
        protocol.make_pairs([("icon", np.zeros((16, 40), np.uint8))], 3, 0.0)
    assert protocol.make_pairs([("icon", np.zeros((18, 18), np.uint8))], 3, 0.0)


def test_wrong_sizes_are_errors_of_the_method_and_what_it_refuses_names_the_image():
    pairs = protocol.make_pairs([PHOTOGRAPH], 2, 0.0)
    with pytest.raises(ValueError, match=r"expected \[1, 40, 50, 1\]"):
        protocol.evaluate(lambda degraded, blur_width, noise_sigma: degraded, pairs)
    with pytest.raises(UsageError, match="photograph at u = 0: found restored values that are not finite"):
        protocol.evaluate(lambda degraded, blur_width, noise_sigma: np.full((1, 40, 50, 1), np.nan), pairs)

    def refuse(degraded, blur_width, noise_sigma):
        raise UsageError("too wild")

    with pytest.raises(UsageError, match="^photograph at u = 0: too wild$"):
        protocol.evaluate(refuse, pairs)


def test_noise_is_what_it_says_and_rows_and_methods_are_told():
    exact, white, file = (protocol.make_pairs([PHOTOGRAPH], 2, 1.3, noise)[0] for noise in (0.0, 0.05, "8 bits"))
    assert np.std(white.degraded - exact.degraded) == pytest.approx(0.05, rel=0.05)
    np.testing.assert_array_equal(white.degraded, protocol.make_pairs([PHOTOGRAPH], 2, 1.3, 0.05)[0].degraded)
    np.testing.assert_allclose(255 * file.degraded, np.rint(255 * np.clip(exact.degraded, 0, 1)), atol=1e-4)
    told = []

    def restore(degraded, blur_width, noise_sigma):
        told.append((float(blur_width[0]), float(noise_sigma[0])))
        return protocol.bicubic(2)(degraded, blur_width, noise_sigma)

    rows = []
    for pair in (exact, white, file):
        rows.append(protocol.report_row(protocol.evaluate(restore, [pair]), [pair], "samples", "joint", "idn"))
    np.testing.assert_allclose(told, [(1.3, 0), (1.3, 0.05), (1.3, 1 / (255 * 12**0.5))], rtol=1e-6)
    assert [row.get("noise_sigma") for row in rows] == [None, 0.05, "8 bits"]
    assert rows[1]["psnr"] < rows[2]["psnr"] <= rows[0]["psnr"] + 0.01


def test_a_kernel_takes_the_place_of_a_width():
    offset = np.zeros((3, 3))
    offset[1, 1] = 1.0
    (plain,), (told,) = (protocol.make_pairs([PHOTOGRAPH], 2, 0.0, kernel=kernel) for kernel in (None, offset))
    np.testing.assert_allclose(told.degraded, plain.degraded, atol=1e-6)
    box = np.full((5, 5), 1 / 25)
    (blurred,) = protocol.make_pairs([PHOTOGRAPH], 1, 0.0, kernel=box)
    expected = cv2.blur(blurred.clean / 255.0, (5, 5), borderType=cv2.BORDER_REPLICATE)
    np.testing.assert_allclose(blurred.degraded[0, ..., 0], expected, atol=1e-6)
