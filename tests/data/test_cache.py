"""The cache: built once, taken up after a kill, rebuilt when it no longer fits."""

import logging
import os
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
import pytest
from PIL import Image

from dlnet_tf.data import cache_building as module
from dlnet_tf.data.cache import Cache
from dlnet_tf.data.cache_building import Builder, Recipe
from dlnet_tf.data.cache_files import cache_folder
from dlnet_tf.data.sources import FolderSource
from dlnet_tf.data.splitting import FIRST_FILES
from dlnet_tf.data.thumbnails import crop
from dlnet_tf.errors import UsageError

COUNT = 150


def pixels(index):
    return np.random.default_rng(index).integers(0, 256, (64, 64, 3), np.uint8)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    for index in range(COUNT):
        Image.fromarray(pixels(index)).save(tmp_path / "images" / f"{index:03}.bmp")
    return tmp_path / "images"


@pytest.fixture
def decoded(monkeypatch):
    """The names of the images that were decoded."""
    names = []

    def count(name, *arguments):
        names.append(name)
        return original(name, *arguments)

    original = module.thumbnail
    monkeypatch.setattr(module, "thumbnail", count)
    monkeypatch.setattr(module, "BLOCK", 40)
    monkeypatch.setattr(module, "AT_A_TIME", 10)
    return names


def cache(folder):
    return Cache(folder.parent / "cache", Recipe("set", FolderSource(folder), FIRST_FILES, crop))


def check(splits, indices=range(COUNT)):
    whole = np.concatenate([splits["train"], splits["validation"], splits["test"]])
    np.testing.assert_array_equal(whole, [pixels(index) for index in indices])


def test_it_is_built_once_and_mapped(folder, decoded):
    splits = cache(folder).splits()
    assert {name: len(images) for name, images in splits.items()} == {"train": 126, "validation": 12, "test": 12}
    check(splits)
    assert sorted(decoded) == [f"{index:03}.bmp" for index in range(COUNT)]
    decoded.clear()
    again = cache(folder).splits()
    check(again)
    assert not decoded and isinstance(again["test"], np.memmap) and not again["train"].flags.writeable
    assert sorted(os.listdir(folder.parent / "cache")) == ["set.json", "set.lock", "set.u8"]


@pytest.mark.parametrize("killed_after", [0, 39, 95, 149])
def test_finished_blocks_are_not_done_again(folder, decoded, monkeypatch, killed_after):
    counting = module.thumbnail

    def stop(name, *arguments):
        if name == f"{killed_after:03}.bmp":
            raise KeyboardInterrupt
        return counting(name, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(module, "thumbnail", stop)
        with pytest.raises(KeyboardInterrupt):
            cache(folder).splits()
    decoded.clear()
    check(cache(folder).splits())
    finished = killed_after // 40 * 40
    assert sorted(decoded) == [f"{index:03}.bmp" for index in range(finished, COUNT)]


def test_a_change_in_between_starts_again(folder, decoded, monkeypatch):
    monkeypatch.setattr(Builder, "_finish", lambda *arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cache(folder).splits()
    monkeypatch.undo()
    Image.fromarray(pixels(999)).save(folder / "003.bmp")
    os.utime(folder / "003.bmp", (1, 1))
    check(cache(folder).splits(), [999 if index == 3 else index for index in range(COUNT)])


def test_a_stale_cache_is_built_again(folder, decoded, caplog):
    old = cache(folder).splits()
    (folder / "149.bmp").unlink()
    Image.fromarray(pixels(999)).save(folder / "000.bmp")
    os.utime(folder / "000.bmp", (1, 1))
    check(cache(folder).splits(), [999, *range(1, COUNT - 1)])
    assert caplog.text.count("stale, the files it was made of have changed") == 1
    check(old)  # who had it open, keeps it


@pytest.mark.parametrize("part", ["set.u8", "set.json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_cache_is_built_again(folder, decoded, caplog, part, damage):
    cache(folder).splits()
    path = folder.parent / "cache" / part
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()
    if damage != "remove":
        path.write_bytes(data if damage == "flip" else data[: len(data) // 2])
    decoded.clear()
    check(cache(folder).splits())
    assert len(decoded) == COUNT
    assert caplog.text.count("it is built again") == (not (damage == "remove" and part == "set.json"))


def test_broken_images_are_named_skipped_and_counted(folder, decoded, caplog):
    (folder / "020.bmp").write_bytes(b"")
    check(cache(folder).splits(), [index for index in range(COUNT) if index != 20])
    assert caplog.text.count("skipped 020.bmp: found 0 bytes") == 1 and "skipped 1 broken images" in caplog.text
    caplog.clear()
    splits = cache(folder).splits()
    assert len(splits["train"]) == 125 and "1 broken images were skipped" in caplog.text


def test_they_are_remembered_over_a_kill(folder, decoded, monkeypatch):
    (folder / "020.bmp").write_bytes(b"")
    with monkeypatch.context() as patch:
        patch.setattr(Builder, "_finish", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            cache(folder).splits()
    decoded.clear()
    check(cache(folder).splits(), [index for index in range(COUNT) if index != 20])
    assert not decoded


def test_more_than_one_percent_broken_is_refused_every_time(folder, decoded, caplog):
    for name in ("020.bmp", "030.bmp"):
        (folder / name).write_bytes(b"no image")
    for _ in range(2):
        caplog.clear()
        with pytest.raises(UsageError, match="2 of 150 image files are broken .* expected at most 1%"):
            cache(folder).splits()
        assert "020.bmp" in caplog.text and "030.bmp" in caplog.text


def test_a_source_that_ends_early_is_refused(folder, decoded, monkeypatch):
    monkeypatch.setattr(FolderSource, "read", lambda self, start: iter(self._paths[start:100]))
    with pytest.raises(UsageError, match="images: found 100 of 150 images"):
        cache(folder).splits()


def test_where_nothing_can_be_written_one_line_says_so(folder):
    (folder.parent / "cache").write_text("a file")
    with pytest.raises(UsageError, match="cache.*: cannot be written"):
        cache(folder).splits()


def test_another_process_is_waited_for(folder, decoded, caplog):
    fcntl = pytest.importorskip("fcntl")
    (folder.parent / "cache").mkdir()
    code = "import fcntl, sys; f = open(sys.argv[1], 'ab'); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); input()"
    path = folder.parent / "cache" / "set.lock"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        other.stdout.readline()

        class Watch(logging.Handler):
            def emit(self, record):
                other.stdin.close()  # as soon as this process says that it waits

        logger = logging.getLogger(Cache.__module__)
        logger.addHandler(handler := Watch())
        try:
            check(cache(folder).splits())
        finally:
            logger.removeHandler(handler)
    assert "waiting for another process" in caplog.text and fcntl


def test_a_short_wait_is_not_told(folder, decoded, caplog):
    fcntl = pytest.importorskip("fcntl")
    (folder.parent / "cache").mkdir()
    with open(folder.parent / "cache" / "set.lock", "ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        given_back = []

        def give_back():
            given_back.append(time.monotonic())
            fcntl.flock(held, fcntl.LOCK_UN)

        timer = threading.Timer(0.5, give_back)
        timer.start()
        check(cache(folder).splits())
        assert given_back and caplog.text == ""


def test_the_cache_lies_in_the_data_folder_where_that_can_be_written(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.npz").touch()
    assert cache_folder(data) == cache_folder(data / "a.npz") == data / ".cache64"
    data.chmod(0o555)
    elsewhere = cache_folder(data)
    assert elsewhere.parent == tmp_path / "user" / "dlnet_tf"
    (tmp_path / "other" / "data").mkdir(parents=True)
    (tmp_path / "other" / "data").chmod(0o555)
    assert cache_folder(tmp_path / "other" / "data") != elsewhere
    (tmp_path / "user").mkdir(0o555)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    assert cache_folder(data).is_relative_to(tmp_path / "temporary")
