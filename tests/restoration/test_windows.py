"""Where the network looks: all that is missing, with its surroundings."""

import numpy as np
import pytest

from dlnet_tf.restoration.windows import grid, holes, inside


def with_holes(size, *boxes):
    mask = np.ones(size, bool)
    for top, left, height, width in boxes:
        mask[top : top + height, left : left + width] = False
    return mask


def covered(plan, size):
    """How many windows give each pixel."""
    count = np.zeros(size, int)
    for window in plan.windows:
        rows, columns = inside(window.top, window.side, size[0]), inside(window.left, window.side, size[1])
        count[rows, columns] += plan.wanted(rows, columns, window.group)
    return count


def random_mask(seed, size):
    """Specks, boxes and bars of all widths."""
    random = np.random.default_rng(seed)
    mask = random.random(size) > random.choice([0, 0.01, 0.3])
    for _ in range(random.integers(0, 6)):
        top, left = random.integers(0, size[0]), random.integers(0, size[1])
        height, width = random.integers(1, 1 + np.array(size))
        mask[top : top + height, left : left + (width if random.random() < 0.5 else 3)] = False
    return mask


SIZES = [(64, 64), (65, 64), (200, 150), (333, 90), (40, 120), (1, 1), (7, 300)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("plan", [grid, holes])
@pytest.mark.parametrize("seed", range(6))
def test_every_missing_pixel_is_restored_and_no_other(size, plan, seed):
    mask = random_mask(seed, size)
    np.testing.assert_array_equal(covered(plan(mask, True), size) > 0, ~mask)
    assert covered(plan(mask, False), size).min() > 0
    for composite in (True, False):
        for window in plan(mask, composite).windows:
            assert window.side >= 64
            for start, length in ((window.top, size[0]), (window.left, size[1])):
                # In the photograph; what is smaller lies in the middle.
                assert 0 <= start <= length - window.side or start == (length - window.side) // 2 <= 0


def test_tiles_overlap_by_three_quarters_or_more_and_lie_in_the_photograph():
    mask = with_holes((150, 203), (0, 0, 150, 203))
    windows = grid(mask, True).windows
    tops, lefts = (sorted({getattr(window, name) for window in windows}) for name in ("top", "left"))
    assert (tops[0], tops[-1], lefts[0], lefts[-1]) == (0, 86, 0, 139)
    assert max(np.diff(tops)) <= 16 and max(np.diff(lefts)) <= 16 and len(windows) == len(tops) * len(lefts)
    assert grid(mask, True).how == f"{len(windows)} overlapping tiles"


def test_an_image_of_64_pixels_is_one_window():
    for box in ((10, 20, 30, 30), (0, 0, 5, 40), (3, 3, 55, 58), (0, 0, 64, 64)):
        for plan in (grid, holes):
            (window,) = plan(with_holes((64, 64), box), True).windows
            assert (window.top, window.left, window.side) == (0, 0, 64)


@pytest.mark.parametrize(
    ("box", "window", "how"),
    [
        ((100, 120, 20, 30), (78, 103, 64), "1 hole at full size"),
        ((0, 290, 10, 10), (0, 236, 64), "1 hole at full size"),
        # Twice as wide as in training; the window is moved into the photograph.
        ((100, 120, 60, 60), (66, 86, 128), "1 hole reduced 2.0 times"),
        ((10, 120, 42, 40), (0, 97, 85), "1 hole reduced 1.3 times"),
        # The photograph is the largest window there is.
        ((70, 70, 190, 150), (0, 0, 300), "1 hole reduced 4.7 times"),
    ],
)
def test_a_hole_has_a_window_in_proportion(box, window, how):
    plan = holes(with_holes((300, 300), box), True)
    (found,) = plan.windows
    assert (found.top, found.left, found.side) == window and plan.how == how


def test_small_holes_share_windows_and_wide_ones_do_not():
    letters = [(200, left, 12, 9) for left in range(40, 240, 12)]
    plan = holes(with_holes((300, 400), *letters, (20, 200, 60, 60)), True)
    assert sorted(window.side for window in plan.windows)[-1] == 128
    assert len(plan.windows) <= 10 and plan.how == "17 holes at full size, 1 reduced 2.0 times"


def test_a_scratch_is_seen_at_full_size_however_long():
    plan = holes(with_holes((300, 400), (10, 150, 280, 5)), True)
    assert {window.side for window in plan.windows} == {64} and {window.left for window in plan.windows} == {120}
    assert 7 <= len(plan.windows) <= 9 and plan.how == "1 hole at full size, in overlapping windows"


def test_a_hole_at_the_border_counts_as_if_it_went_on():
    inner = holes(with_holes((400, 400), (100, 100, 28, 80)), True).windows
    border = holes(with_holes((400, 400), (0, 100, 28, 80)), True).windows
    assert {window.side for window in inner} == {64} and {window.side for window in border} == {119}


def test_nothing_to_do_is_told():
    for plan in (grid, holes):
        found = plan(np.ones((70, 90), bool), True)
        assert found.windows == [] and found.how == "nothing to restore"
    assert holes(np.ones((70, 90), bool), False).how == "nothing to restore; 4 tiles for the pixels that are known"
