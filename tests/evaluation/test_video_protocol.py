"""The video protocol against numbers made by hand."""

import numpy as np
import pytest

from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.evaluation import super_resolution_protocol as of_photographs
from dlnet_tf.evaluation.video_protocol import evaluate, flicker, make_cases, report_rows
from dlnet_tf.imagefiles.clips import Clip
from tests import stand_in


def clip(name="walk", length=4, seed=0):
    return Clip(name, np.stack([stand_in.photograph(seed + t, 32, 28, colour=False) for t in range(length)]))


def test_neighbours_are_the_frames_around_and_at_the_ends_the_frame_itself():
    (case,) = make_cases([clip()], 2, 1.3)
    degraded = BlurDownsample(2)(clip().frames[..., None] / 255.0, {"blur_width": np.array([1.3])})
    for index, around in enumerate([(0, 1), (0, 2), (1, 3), (2, 3)]):
        seen = case.neighbours(index)
        assert seen.shape == (1, 16, 14, 2) and seen.dtype == np.float32
        for channel, other in enumerate(around):
            np.testing.assert_allclose(seen[0, :, :, channel], degraded[other, :, :, 0], atol=1e-5)


def test_frames_are_scored_as_photographs_are():
    (case,) = make_cases([clip()], 2, 0.0)
    bicubic = of_photographs.bicubic(2)
    score = evaluate(lambda y, u, sigma, neighbours: bicubic(y, u, sigma), case)
    expected = of_photographs.evaluate(bicubic, case.frames)
    assert [frame.psnr for frame in score.frames] == [frame.psnr for frame in expected]
    assert [frame.name for frame in score.frames] == [f"walk/{t}" for t in range(4)]
    assert score.flicker > 0


def test_an_error_that_stays_does_not_flicker_and_one_that_alternates_does():
    clean = np.random.default_rng(0).integers(50, 200, (5, 12, 12)).astype(np.uint8)
    error = np.random.default_rng(1).integers(0, 30, (12, 12)).astype(np.uint8)
    assert flicker(clean + error, clean) == 0.0
    # +3 and -3 by turns: each difference is wrong by 6.
    blinking = (clean + 3 * (-1) ** np.arange(5)[:, None, None]).astype(np.uint8)
    assert flicker(blinking, clean) == pytest.approx(6.0)
    assert flicker(blinking[:1], clean[:1]) == 0.0


def test_rows_of_clips_and_their_mean():
    cases = make_cases([clip("walk"), clip("city", 3, seed=9)], 2, 1.3)
    bicubic = of_photographs.bicubic(2)
    scores = [evaluate(lambda y, u, sigma, neighbours: bicubic(y, u, sigma), case) for case in cases]
    walk, city, mean = report_rows(scores, cases, "Vid4", "dlnet", "vespcn")
    assert [row["set"] for row in (walk, city, mean)] == ["Vid4/walk", "Vid4/city", "Vid4"]
    assert [row["images"] for row in (walk, city, mean)] == [4, 3, 7]
    for key in ("psnr", "ssim", "flicker"):
        assert mean[key] == pytest.approx((walk[key] + city[key]) / 2)
    (row,) = report_rows(scores[:1], cases[:1], "mine", "bicubic")
    assert row["set"] == "mine" and row["images"] == 4 and "backbone" not in row


def test_white_noise_is_drawn_anew_for_each_frame():
    still = Clip("still", np.repeat(stand_in.photograph(0, 64, 64, colour=False)[None], 3, axis=0))
    (exact,), (noisy,) = make_cases([still], 2, 1.3), make_cases([still], 2, 1.3, 0.01)
    noise = [b.degraded - a.degraded for a, b in zip(exact.frames, noisy.frames, strict=True)]
    assert np.abs(np.corrcoef([one.ravel() for one in noise]) - np.eye(3)).max() < 0.1
    np.testing.assert_allclose([one.std() for one in noise], 0.01, rtol=0.1)
    assert noisy.frames[0].noise == 0.01
