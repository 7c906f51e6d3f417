"""Which image becomes which file, and which mask belongs to it."""

import re

import cv2
import numpy as np
import pytest

from dlnet_tf.errors import LeftOut, UsageError
from dlnet_tf.imagefiles import photographs
from dlnet_tf.restoration.jobs import Conditions, Job, jobs, masks_of, tell_left_out
from dlnet_tf.restoration.room import SHARE, Room
from dlnet_tf.restoration.tiles import BASE
from tests import stand_in


@pytest.fixture
def photos(tmp_path):
    for name, size in (("b.jpg", (9, 12)), ("below/a.png", (7, 5))):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), stand_in.photograph(0, *size))
    return tmp_path / "photos"


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


def test_a_file_and_a_folder(photos, tmp_path):
    one = jobs(photos / "b.jpg", tmp_path / "out.bmp", Conditions(False, 1000))
    assert one == [Job(photos / "b.jpg", tmp_path / "out.bmp", (9, 12, 3))]
    assert jobs(photos, tmp_path / "out", Conditions(False, 1000)) == [
        Job(photos / "b.jpg", tmp_path / "out" / "b.png", (9, 12, 3)),
        Job(photos / "below" / "a.png", tmp_path / "out" / "below" / "a.png", (7, 5, 3)),
    ]
    assert not (tmp_path / "out").exists()


def test_photographs_are_read_once_while_there_is_room_for_them(photos, tmp_path, monkeypatch):
    read = []
    read_bytes = photographs.read_bytes
    monkeypatch.setattr(photographs, "read_bytes", lambda path: read.append(path.name) or read_bytes(path))
    (job,) = jobs(photos / "b.jpg", tmp_path / "out.bmp", Conditions(False, 1000, measure=np.shape))
    assert job.measured == job.read().pixels.shape == (9, 12, 3) and read == ["b.jpg"]
    for left, again in ((9 * 12 * 3 + 7 * 5 * 3, []), (7 * 5 * 3, ["b.jpg"]), (0, ["b.jpg", "a.png"])):
        read.clear()
        room = Room(photos, BASE + (left + 0.5) / SHARE / 1e9)
        many = jobs(photos, tmp_path / "out", Conditions(False, 1000, measure=np.shape), room=room)
        assert [job.measured for job in many] == [(9, 12, 3), (7, 5, 3)]
        assert [job.read().pixels.shape for job in many] == [(9, 12, 3), (7, 5, 3)]
        assert read == ["b.jpg", "a.png", *again]


def test_what_may_be_kept_is_taken_from_the_memory_for_restoring(photos):
    several, single = Room(photos, 2.0), Room(photos / "b.jpg", 2.0)
    assert several.memory == pytest.approx(2.0 - SHARE * 1.25) and single.memory == 2.0
    assert not several.take(10**9) and several.take(6 * 10**7) and not several.take(6 * 10**7)
    assert single.take(10**9)
    assert not Room(photos, BASE / 2).take(1)


def test_what_else_is_asked_of_a_photograph_may_refuse_it_by_name(photos, tmp_path):
    def look(pixels):
        raise UsageError("too dark")

    with pytest.raises(UsageError, match="a.png: too dark"):
        jobs(photos / "below" / "a.png", tmp_path / "out.bmp", Conditions(False, 1000, measure=look))


def test_what_cannot_be_done_is_refused_before_anything_is(photos, tmp_path):
    cases = (
        ((tmp_path / "none", tmp_path / "o", Conditions(False, 1000)), "none: no such file or folder"),
        ((photos / "b.jpg", tmp_path / "o.pgm", Conditions(False, 1000)), "found suffix '.pgm', expected one of .bmp"),
        (
            (photos, tmp_path / "o", Conditions(False, 107)),
            "b.jpg: found 12 x 9 pixels, expected at most 107; a larger --max",
        ),
        ((photos, photos, Conditions(False, 1000)), "a.png: exists; give --overwrite to replace it"),
    )
    for arguments, words in cases:
        with pytest.raises(UsageError, match=re.escape(words)):
            jobs(*arguments)
    cv2.imwrite(str(photos / "b.bmp"), stand_in.photograph(1, 4, 4))
    with pytest.raises(UsageError, match="found 2 images that would all become .*b.png"):
        jobs(photos, tmp_path / "o", Conditions(False, 1000))


def test_a_broken_file_among_many_is_named_left_out_and_counted(tmp_path, caplog):
    picture = cv2.imencode(".png", stand_in.photograph(0, 4, 5))[1].tobytes()
    folder = tmp_path / "many"
    folder.mkdir()
    for index in range(100):
        (folder / f"{index:03}.png").write_bytes(picture[:40] if index == 7 else picture)
    left_out = []
    found = jobs(folder, tmp_path / "out", Conditions(False, 1000), left_out=left_out)
    assert [job.source.stem for job in found] == [f"{index:03}" for index in range(100) if index != 7]
    (message,) = caplog.messages
    assert message.startswith("left out: ") and "007.png: " in message
    tell_left_out("many", 100, [])
    with pytest.raises(LeftOut, match=r"--input=many: left out 1 of 100 files: .*007.png: "):
        tell_left_out("many", len(found), left_out)
    cv2.imwrite(str(folder / "050.png"), stand_in.photograph(0, 40, 50))
    with pytest.raises(UsageError, match="050.png: found 50 x 40 pixels, expected at most 1,000"):
        jobs(folder, tmp_path / "out", Conditions(False, 1000))
    (folder / "050.png").write_bytes(picture)
    caplog.clear()
    for index in range(0, 50):
        (folder / f"{index:03}.png").write_bytes(b"")
    assert len(jobs(folder, tmp_path / "out", Conditions(False, 1000))) == 50
    assert len(caplog.messages) == 50
    for index in range(100):
        (folder / f"{index:03}.png").write_bytes(b"")
    with pytest.raises(UsageError, match=r"000.png: found 0 bytes.*none of 100 files can be read"):
        jobs(folder, tmp_path / "out", Conditions(False, 1000))
    with pytest.raises(UsageError, match="099.png: found 0 bytes"):
        jobs(folder / "099.png", tmp_path / "out.png", Conditions(False, 1000))


def test_one_mask_for_all_or_one_of_the_same_name_each(photos, tmp_path):
    images = [photos / "b.jpg", photos / "below" / "a.png"]
    (one,) = touch(tmp_path, "m.png").glob("m.png")
    assert masks_of(images, photos, one) == [one, one]
    masks = touch(tmp_path / "masks", "b.png", "below/a.bmp", "a.png", "c.png", "below/a.txt")
    assert masks_of(images, photos, masks) == [masks / "b.png", masks / "below" / "a.bmp"]
    assert masks_of(images[:1], images[0], masks) == [masks / "b.png"]


def test_an_image_without_a_mask_or_with_two_is_refused(photos, tmp_path):
    images = [photos / "b.jpg", photos / "below" / "a.png"]
    masks = touch(tmp_path / "masks", "b.png", "a.png")
    with pytest.raises(UsageError, match="--mask=.*masks: found no mask for .*a.png, expected .*masks/below/a.png or"):
        masks_of(images, photos, masks)
    with pytest.raises(UsageError, match="found .*b.bmp and .*b.png, expected one for .*b.jpg"):
        masks_of(images, photos, touch(masks, "b.bmp"))
    with pytest.raises(UsageError, match="--mask=.*nowhere: no such file or folder"):
        masks_of(images, photos, tmp_path / "nowhere")


def test_depth_and_channels_are_told(tmp_path):
    deep = np.full((4, 6, 4), 700, np.uint16)
    assert cv2.imwrite(str(tmp_path / "x.png"), deep)
    (job,) = jobs(tmp_path / "x.png", tmp_path / "o.tif", Conditions(False, 24))
    assert (job.shape, job.itemsize, job.size) == ((4, 6, 4), 2, (4, 6))


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.jpg", ["b"]),
        ("**/*.png", ["below/a"]),
        ("**/*", ["b", "below/a"]),
        ("be*/?.png", ["below/a"]),
        ("below/*", ["a"]),
    ],
)
def test_a_pattern_mirrors_what_varies(photos, tmp_path, pattern, names):
    (photos / "notes.txt").write_text("no image")
    found = jobs(photos / pattern, tmp_path / "out", Conditions(False, 1000))
    assert [job.target for job in found] == [tmp_path / "out" / f"{name}.png" for name in names]
    masks = touch(tmp_path / "masks", *(f"{name}.bmp" for name in names))
    expected = [masks / f"{name}.bmp" for name in names]
    assert masks_of([job.source for job in found], photos / pattern, masks) == expected


def test_a_pattern_of_nothing_and_a_name_with_brackets(photos, tmp_path):
    with pytest.raises(UsageError, match="no such file or folder"):
        jobs(photos / "*.bmp", tmp_path / "out", Conditions(False, 1000))
    cv2.imwrite(str(photos / "c[1].png"), stand_in.photograph(1, 4, 4))
    (job,) = jobs(photos / "c[1].png", tmp_path / "one.png", Conditions(False, 1000))
    assert job.source == photos / "c[1].png" and job.target == tmp_path / "one.png"


def test_a_result_that_a_format_cannot_hold_is_refused_beforehand(tmp_path):
    cv2.imwrite(str(tmp_path / "wide.png"), np.zeros((1, 6000, 3), np.uint8))
    assert jobs(tmp_path / "wide.png", tmp_path / "o.webp", Conditions(False, 10000, 2))
    with pytest.raises(UsageError, match="o.webp: this format cannot hold 18000 x 3 pixels, expected .png"):
        jobs(tmp_path / "wide.png", tmp_path / "o.webp", Conditions(False, 10000, 3))


def test_files_of_other_kinds_are_counted(photos, tmp_path, caplog):
    touch(photos, "a.heic", "below/b.HEIC", "notes", ".hidden.heic")
    assert len(jobs(photos, tmp_path / "out", Conditions(False, 1000))) == 2
    (message,) = caplog.messages
    assert message.endswith("3 other files in " + str(photos) + " (2 .heic, 1 without a suffix)")


@pytest.mark.parametrize("pattern", [None, "**/*.png"])
def test_results_within_the_input_are_not_read_again(photos, pattern):
    source = photos / pattern if pattern else photos
    first = jobs(source, photos / "out", Conditions(False, 1000))
    for job in first:
        job.target.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(job.target), stand_in.photograph(0, 5, 6))
    assert jobs(source, photos / "out", Conditions(True, 1000)) == first
