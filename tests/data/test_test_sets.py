"""Test sets found by the names of their folders."""

import cv2
import numpy as np
import pytest

from dlnet_tf.data.samples import SAMPLES
from dlnet_tf.data.test_sets import find_test_sets
from dlnet_tf.errors import UsageError


@pytest.fixture
def data_dir(tmp_path):
    for name in ("Set14", "Set5", "mine"):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "b.png"), np.zeros((4, 5), np.uint8))
        cv2.imwrite(str(tmp_path / name / "a.png"), np.zeros((4, 5, 3), np.uint8))
    return tmp_path


def test_the_known_sets_that_are_there_are_taken(data_dir):
    sets = find_test_sets(data_dir)
    assert list(sets) == ["Set5", "Set14"]
    assert [(name, image.shape) for name, image in sets["Set5"]] == [("a", (4, 5, 3)), ("b", (4, 5))]


def test_without_a_known_set_the_samples_are_taken(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        (samples,) = find_test_sets(folder).items()
        assert samples[0] == "samples" and dict(samples[1]).keys() == SAMPLES.keys()


def test_where_a_known_set_is_required_there_must_be_one(data_dir, tmp_path):
    assert list(find_test_sets(data_dir, required=True)) == ["Set5", "Set14"]
    (tmp_path / "photos" / "mine").mkdir(parents=True)
    with pytest.raises(UsageError, match="photos: found mine, expected some of Set5, Set14, B100, .* --test_sets"):
        find_test_sets(tmp_path / "photos", required=True)
    with pytest.raises(UsageError, match="nowhere: found no folders, expected some of"):
        find_test_sets(tmp_path / "nowhere", required=True)


def test_the_samples_can_be_named_beside_folders(data_dir):
    sets = find_test_sets(data_dir, ["mine", "samples"], required=True)
    assert list(sets) == ["mine", "samples"] and len(sets["samples"]) == len(SAMPLES)


def test_any_folder_can_be_named(data_dir):
    assert list(find_test_sets(data_dir, ["mine", "Set5"])) == ["mine", "Set5"]


def test_what_is_missing_is_named_beside_what_is_there(data_dir):
    with pytest.raises(UsageError, match="found Set14, Set5, mine, expected .* named B100, Urban100"):
        find_test_sets(data_dir, ["Set5", "B100", "Urban100"])
    with pytest.raises(UsageError, match="found no folders"):
        find_test_sets(data_dir / "missing", ["Set5"])


def test_benchmark_sets_have_their_published_sizes(shared):
    sets = find_test_sets(shared / "datasets" / "sisr", ["Set5", "Set14", "B100"])
    assert {name: len(images) for name, images in sets.items()} == {"Set5": 5, "Set14": 14, "B100": 100}
    assert dict(sets["Set14"])["bridge"].ndim == 2
