"""Folders: what counts as an image, and what happens to broken ones."""

import logging

import cv2
import numpy as np
import pytest

from dlnet_tf.colour import luminance
from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.folder import list_images, load_images


def write(path, value=100):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((6, 8, 3), value, np.uint8))


def test_images_are_found_in_folders_below_in_order_of_name(tmp_path):
    for name in ("b.png", "a/z.jpg", "a/C.PNG", ".hidden.png", ".cache/x.png"):
        write(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    names = [path.relative_to(tmp_path).as_posix() for path in list_images(tmp_path)]
    assert names == ["a/C.PNG", "a/z.jpg", "b.png"]


def test_load_images_names_each_by_its_path(tmp_path):
    write(tmp_path / "sun" / "one.png", 10)
    write(tmp_path / "two.png", 20)
    loaded = load_images(tmp_path)
    assert [(name, image[0, 0, 0]) for name, image in loaded] == [("sun/one", 10), ("two", 20)]


def test_images_are_prepared_as_they_are_read(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), pixels[..., ::-1])
    ((name, image),) = load_images(tmp_path, luminance)
    assert name == "a"
    np.testing.assert_array_equal(image, luminance(pixels))


def test_a_broken_file_is_named_once_and_skipped(tmp_path, caplog):
    for index in range(100):
        write(tmp_path / f"{index:03}.png", index)
    (tmp_path / "050.png").write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        images = load_images(tmp_path)
    assert len(images) == 99
    assert caplog.text.count("050.png") == 1
    assert "skipped 1 broken of 100" in caplog.text


def test_more_than_one_percent_broken_is_refused(tmp_path):
    for index in range(99):
        write(tmp_path / f"{index:03}.png")
    (tmp_path / "050.png").write_bytes(b"")
    with pytest.raises(UsageError, match="1 of 99 image files are broken"):
        load_images(tmp_path)


def test_empty_missing_and_unreadable_folders_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="found no image files"):
        list_images(tmp_path / "empty")
    write(tmp_path / "a.png")
    for path in (tmp_path / "missing", tmp_path / "a.png"):
        with pytest.raises(UsageError, match="cannot be read as a folder"):
            list_images(path)
