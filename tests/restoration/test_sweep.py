"""The contact sheet over blur widths: its pictures are those of restoring, each in its place."""

import tracemalloc

import numpy as np
import pytest

from dlnet_tf.colour import luminance
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import DLNet, GradientUpdate
from dlnet_tf.resize import imresize
from dlnet_tf.restoration import Restorer, super_resolve
from dlnet_tf.restoration.sweep import CAPTION, COLUMNS, GAP, SIDE, WIDTHS, contact_sheet
from tests import stand_in


@pytest.fixture(scope="module")
def restorer():
    return Restorer(DLNet(stand_in.idn(), BlurDownsample(3), 3, GradientUpdate(4.0)))


def picture(sheet, index, height, width):
    """The picture of an index, and its caption below it."""
    across = max(width, 80) + GAP
    left, top = GAP + index % COLUMNS * across, GAP + index // COLUMNS * (height + CAPTION + GAP)
    return sheet[top : top + height, left : left + width], sheet[
        top + height : top + height + CAPTION, left : left + 80
    ]


def test_a_sheet_has_bicubic_and_a_labelled_picture_for_every_width(restorer):
    image = stand_in.photograph(0, 20, 30)
    sheet = contact_sheet(restorer, image, 3)
    assert sheet.dtype == np.uint8 and sheet.shape == (GAP + 3 * (60 + CAPTION + GAP), GAP + 4 * (90 + GAP), 3)
    assert len(WIDTHS) == 11 and (WIDTHS[0], WIDTHS[-1]) == (0, 3)
    expected = [np.rint(np.clip(imresize(image, 3), 0, 255))]
    expected += [super_resolve(restorer, image, 3, blur_width=u) for u in WIDTHS]
    captions = set()
    for index, restored in enumerate(expected):
        found, caption = picture(sheet, index, 60, 90)
        assert np.abs(found.astype(int) - restored).max() <= 1, index
        assert caption.min() < 100 and (caption[0] == 255).all()
        captions.add(caption.tobytes())
    assert len(captions) == 12


def test_a_part_of_a_large_photograph_is_as_in_the_whole(restorer):
    image = np.full((150, 170), 90, np.uint8)
    image[30:60, 100:140] = stand_in.photograph(1, 30, 40, colour=False)
    side = SIDE // 3
    restored = super_resolve(restorer, image, 3, blur_width=0.3)
    # A place near the border has the nearest part around it; the detail is all in the part that is chosen.
    parts = {(4, 60): [(20, 0)], None: [(top, left) for top in range(31) for left in range(101)]}
    for centre, corners in parts.items():
        sheet = contact_sheet(restorer, image, 3, centre)
        assert sheet.shape == (GAP + 3 * (SIDE + CAPTION + GAP), GAP + 4 * (SIDE + GAP), 3)
        found = picture(sheet, 2, SIDE, SIDE)[0][..., 0].astype(int)

        def is_at(top, left, step, found=found):
            part = restored[3 * top : 3 * (top + side) : step, 3 * left : 3 * (left + side) : step]
            return part.shape == found[::step, ::step].shape and np.abs(found[::step, ::step] - part).max() <= 1

        (place,) = (corner for corner in corners if is_at(*corner, 40) and is_at(*corner, 1))
        assert place[0] + side >= 60 and (centre or place[1] + side >= 140)


@pytest.mark.parametrize("shape", [(1, 200), (200, 1), (1, 1)])
def test_a_photograph_of_a_single_row_or_column_has_a_sheet_too(restorer, shape):
    sheet = contact_sheet(restorer, stand_in.photograph(0, *shape, colour=False), 3)
    assert sheet.shape[0] >= 3 * (3 * min(shape[0], SIDE // 3) + CAPTION) and len(np.unique(sheet)) > 2


def test_a_centre_outside_is_refused(restorer):
    with pytest.raises(
        UsageError, match="^--sweep_at=30,5: found a place outside the photograph, expected .* 30 x 20$"
    ):
        contact_sheet(restorer, stand_in.photograph(0, 20, 30), 3, (30, 5))


@pytest.mark.parametrize("shape", [(90, 130), (90, 130, 3), (300, 81, 3), (81, 82)])
def test_the_part_is_where_neighbours_differ_most(restorer, shape):
    image = np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)
    y = (image if image.ndim == 2 else luminance(image)).astype(np.float64)
    detail = np.zeros(y.shape)
    detail[1:] += np.abs(np.diff(y, axis=0))
    detail[:, 1:] += np.abs(np.diff(y, axis=1))
    side = SIDE // 3
    totals = np.lib.stride_tricks.sliding_window_view(detail, (side, side)).sum(axis=(2, 3))
    top, left = np.unravel_index(np.argmax(totals), totals.shape)
    found = contact_sheet(restorer, image, 3)
    expected = contact_sheet(restorer, image, 3, (left + side // 2, top + side // 2))
    np.testing.assert_array_equal(found, expected)


def test_a_sheet_takes_less_memory_than_restoring(restorer):
    image = np.zeros((2000, 3000, 3), np.uint8)
    contact_sheet(restorer, image[:100, :100], 3)
    tracemalloc.start()
    try:
        contact_sheet(restorer, image, 3)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Beside the image's 3 bytes a pixel. The limit leaves 31 where the scale is 2, and more where it is larger.
    assert peak < 15 * image[..., 0].size


def test_too_little_memory_is_refused(restorer):
    image = stand_in.photograph(0, 100, 120)
    with pytest.raises(UsageError, match="expected at most --max_memory=0.7$"):
        contact_sheet(restorer, image, 3, max_memory=0.7)
    # The photograph takes what is left.
    large = np.zeros((6000, 6000, 3), np.uint8)
    contact_sheet(restorer, image, 3, max_memory=0.8)
    with pytest.raises(UsageError, match="need at least .* GB of memory"):
        contact_sheet(restorer, large, 3, (50, 50), max_memory=0.8)
