"""Pictures of restored clips."""

import numpy as np

from dlnet_tf.evaluation.video_protocol import evaluate, make_cases
from dlnet_tf.imagefiles.clips import Clip
from dlnet_tf.reporting.clip_pictures import exhibits_of
from tests.imagefiles.test_clips import moving


def test_pictures_are_a_frame_a_strip_and_a_row_over_time():
    clip = Clip("walk", np.stack(moving(side=200)))
    (case,) = make_cases([clip], 2, 1.3)
    made = evaluate(lambda y, u, sigma, neighbours: y.repeat(2, axis=1).repeat(2, axis=2), case)
    frame, strip, profile = exhibits_of("walk", {"u = 1.3": (case, {"Nearest": made})})
    np.testing.assert_array_equal(frame.truth, clip.frames[2])
    assert [picture.label for picture in frame.levels["u = 1.3"]] == ["Input", "Nearest", "Truth"]
    # Four frames are all there are; each row of the profile stands six times.
    assert strip.truth.shape == (96, 4 * 96)
    assert profile.truth.shape == (4 * 6, 200)
    rows = profile.truth[::6]
    assert any(np.array_equal(rows, clip.frames[:, row]) for row in range(200))
