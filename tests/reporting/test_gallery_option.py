"""Where `--gallery` leaves its page, and what it refuses."""

import re

import pytest

from dlnet_tf.errors import UsageError
from dlnet_tf.options import RestoreOptions
from dlnet_tf.reporting.gallery_option import Gallery
from dlnet_tf.restoration.jobs import Conditions, jobs
from tests import stand_in
from tests.command_line import write


def options(source, target, gallery=True, overwrite=False):
    return RestoreOptions(input=str(source), output=target, gallery=gallery, overwrite=overwrite)


def restored(source, target, **flags):
    """A queue all of whose outputs were written."""
    chosen = options(source, target, **flags)
    queue = jobs(source, target, Conditions(True, 10**6))
    for job in queue:
        write(job.target, stand_in.photograph(1, 30, 36))
    return queue, chosen


def test_of_a_folder_it_lies_in_the_folder_of_results(tmp_path, capsys):
    for name in ("a", "below/b"):
        write(tmp_path / "in" / f"{name}.png", stand_in.photograph(0, 10, 12))
    queue, chosen = restored(tmp_path / "in", tmp_path / "out")
    Gallery(queue, chosen).write("idn_x3_dlnet", "enlarged 3 times")
    page = (tmp_path / "out" / "gallery.html").read_text("utf-8")
    assert re.findall('href="(.*?)"', page) == ["a.png", "below/b.png"]
    assert "Enlarged 3 times by idn_x3_dlnet." in page and "12 × 10 → 36 × 30" in page
    assert capsys.readouterr().out == f"{tmp_path / 'out' / 'gallery.html'}  (before and after)\n"
    with pytest.raises(UsageError, match="gallery.html: exists; give --overwrite to replace it"):
        Gallery(queue, chosen)
    Gallery(queue, options(tmp_path / "in", tmp_path / "out", overwrite=True)).write("other", "filled")
    assert "Filled by other." in (tmp_path / "out" / "gallery.html").read_text("utf-8")


def test_of_a_file_it_lies_beside_the_result(tmp_path):
    write(tmp_path / "a.png", stand_in.photograph(0, 10, 12))
    Gallery(*restored(tmp_path / "a.png", tmp_path / "b.jpg")).write("x", "y")
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "b.jpg", "b.html"}


def test_without_the_flag_there_is_no_page(tmp_path):
    write(tmp_path / "a.png", stand_in.photograph(0, 10, 12))
    Gallery(*restored(tmp_path / "a.png", tmp_path / "b.png", gallery=False)).write("x", "y")
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "b.png"}
