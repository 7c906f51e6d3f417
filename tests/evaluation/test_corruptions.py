"""The fixed masks: what each level holds, what each mask depends on, and the file they are written to."""

import numpy as np
import pytest

from dlnet_tf.errors import UsageError
from dlnet_tf.evaluation.corruptions import LEVELS, corruptions_an_image, draw, load_corruptions, save_corruptions


def holes(masks):
    """Return (top, left, height, width) of the missing pixels of every mask, and check that they are a rectangle."""
    found = []
    for mask in masks[..., 0]:
        rows, columns = np.flatnonzero((mask == 0).any(1)), np.flatnonzero((mask == 0).any(0))
        box = rows[0], columns[0], rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
        assert (mask == 0).sum() == box[2] * box[3]
        found.append(box)
    return np.array(found)


@pytest.mark.parametrize("side", [10, 20, 30])
def test_holes_are_squares_shifted_by_at_most_ten_pixels_an_axis(side):
    masks = draw("inpaint", f"s={side}", 100, 5, 3)
    assert masks.shape == (500, 64, 64, 1) and masks.dtype == np.uint8
    found = holes(masks)
    assert (found[:, 2:] == side).all()
    shifts = found[:, :2] - (64 - side) // 2
    assert set(shifts[:, 0]) == set(shifts[:, 1]) == set(range(-10, 11))
    assert abs(np.corrcoef(shifts.T)[0, 1]) < 0.2


def test_centred_holes_are_all_alike_and_one_an_image():
    masks = draw("inpaint", "s=20 centred", 3, 10, 3)
    assert len(masks) == 3 and corruptions_an_image("s=20 centred", 10) == 1
    assert holes(masks).tolist() == [[22, 22, 20, 20]] * 3
    assert [corruptions_an_image(level, 10) for level in ("s=20", "r=75%", "strokes")] == [10, 10, 10]


@pytest.mark.parametrize(("level", "rate"), [("r=15%", 0.15), ("r=45%", 0.45), ("r=75%", 0.75)])
def test_that_share_of_the_pixels_is_missing(level, rate):
    masks = draw("interp", level, 10, 5, 0)
    # Five standard deviations of the mean of so many independent pixels, and of those of one mask.
    missing = 1 - masks.mean(axis=(1, 2, 3))
    deviation = np.sqrt(rate * (1 - rate) / 64**2)
    assert abs(missing.mean() - rate) < 5 * deviation / np.sqrt(50)
    assert np.abs(missing - rate).max() < 5 * deviation


def test_the_range_of_rates_has_another_rate_for_every_corruption():
    missing = np.sort(1 - draw("interp", "r=0-75%", 50, 4, 0).mean(axis=(1, 2, 3)))
    expected = 0.75 * (np.arange(200) + 0.5) / 200
    # Kolmogorov and Smirnov: 1.63 / sqrt(200) at 1 %.
    assert np.abs(missing - expected).max() / 0.75 < 1.63 / np.sqrt(200)


@pytest.mark.parametrize(("task", "level"), [("inpaint", "s=10"), ("interp", "r=45%"), ("interp", "r=0-75%")])
def test_a_mask_depends_on_seed_level_image_and_repeat_alone(task, level):
    few, many = draw(task, level, 2, 3, 5), draw(task, level, 4, 5, 5)
    np.testing.assert_array_equal(few.reshape(2, 3, 64, 64), many.reshape(4, 5, 64, 64)[:2, :3])
    assert not np.array_equal(few, draw(task, level, 2, 3, 6))
    flat = many.reshape(20, -1)
    assert len(np.unique(flat, axis=0)) > 15


def test_levels_do_not_share_their_random_numbers():
    rates = [1 - draw("interp", level, 1, 1, 0) for level in ("r=45%", "r=75%")]
    # From the same uniform numbers all that misses at 45 % would miss at 75 %.
    assert (rates[0] & ~rates[1] & 1).any()


def test_the_file_holds_what_is_drawn_and_needs_no_pickle(tmp_path):
    path = tmp_path / "new" / "masks.npz"
    save_corruptions(path, "inpaint", 3, 2, 7)
    with np.load(path, allow_pickle=False) as file:
        assert {name: file[name].item() for name in ("task", "images", "repeats", "seed")} == {
            "task": "inpaint",
            "images": 3,
            "repeats": 2,
            "seed": 7,
        }
    masks = load_corruptions(path, "inpaint", 3)
    assert list(masks) == list(LEVELS["inpaint"])
    for level, found in masks.items():
        np.testing.assert_array_equal(found, draw("inpaint", level, 3, 2, 7))
    assert [item.name for item in path.parent.iterdir()] == ["masks.npz"]


def arrays(count=2, **changes):
    masks = {level: np.ones((count, 64, 64, 1), np.uint8) for level in LEVELS["interp"]}
    return {"task": np.str_("interp"), **masks, **changes}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (arrays(task=np.str_("inpaint")), "found corruptions of task inpaint, expected interp"),
        ({}, "found corruptions of task None"),
        (arrays(images=1), "found corruptions of 1 images, expected 2"),
        ({"task": np.str_("interp")}, "found no array 'r=15%'"),
        (arrays(3), "found 3 masks, expected a multiple of 2"),
        (arrays(0), "found 0 masks"),
        (arrays(**{"r=45%": np.ones((2, 32, 32, 1), np.uint8)}), r"r=45%: found uint8 \[2, 32, 32, 1\]"),
        (arrays(**{"r=45%": np.ones((2, 64, 64, 1), np.float32)}), "found float32"),
        (arrays(**{"r=45%": np.full((2, 64, 64, 1), 255, np.uint8)}), "found the value 255"),
        (arrays(**{"r=45%": np.array([{}], object)}), "cannot be read"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    path = tmp_path / "masks.npz"
    np.savez(path, **content)
    with pytest.raises(UsageError, match=message):
        load_corruptions(path, "interp", 2)


def test_what_is_no_archive_is_refused(tmp_path):
    path = tmp_path / "masks.npz"
    whole = tmp_path / "whole.npz"
    np.savez_compressed(whole, **arrays())
    np.save(tmp_path / "plain.npy", np.ones(3))
    data = whole.read_bytes()
    broken = data[:300] + bytes(100) + data[400:]
    for content in (b"", b"text", data[:400], broken, (tmp_path / "plain.npy").read_bytes()):
        path.write_bytes(content)
        with pytest.raises(UsageError, match="masks.npz: cannot be read"):
            load_corruptions(path, "interp", 2)
    for missing in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            load_corruptions(missing, "interp", 2)
