"""Archives that are whole, cut short and hostile."""

import gzip
import io
import tarfile

import pytest

from dlnet_tf.data import archives as module
from dlnet_tf.data.archives import ArchiveSource
from dlnet_tf.errors import UsageError


def write(path, members, mode="w:gz", kind=tarfile.REGTYPE):
    with tarfile.open(path, mode) as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size, member.type = (len(data) if kind == tarfile.REGTYPE else 0), kind
            member.linkname = "/etc/passwd"
            archive.addfile(member, io.BytesIO(data))
    return path


MEMBERS = {f"train/{index:03}.jpg": bytes([index]) * 700 for index in range(20)}


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_members_are_read_in_their_order_from_anywhere(tmp_path, mode):
    one = write(tmp_path / "one.tar", {"./b.jpg": b"b", "notes.txt": b"x", "a.PNG": b"a"}, mode)
    source = ArchiveSource([one, write(tmp_path / "two.tar", MEMBERS, mode)])
    assert source.names() == ["b.jpg", "a.PNG", *MEMBERS]
    contents = [b"b", b"a", *MEMBERS.values()]
    for start in (0, 1, 2, 7, 22):
        assert list(source.read(start)) == contents[start:]


def test_nothing_is_written_whatever_a_member_is_called(tmp_path):
    hostile = {"../../evil.jpg": b"1", "/evil.jpg": b"2", "._x.jpg": b"3", "a/.hidden/x.jpg": b"4"}
    (tmp_path / "in").mkdir()
    source = ArchiveSource([write(tmp_path / "in" / "a.tar", hostile)])
    assert source.names() == ["../../evil.jpg", "/evil.jpg"] and list(source.read(0)) == [b"1", b"2"]
    assert [p.name for p in tmp_path.rglob("*")] == ["in", "a.tar"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_and_devices_are_passed_over(tmp_path, kind):
    assert ArchiveSource([write(tmp_path / "a.tar", {"a.jpg": b""}, kind=kind)]).names() == []


def test_of_a_large_member_only_the_start_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    source = ArchiveSource([write(tmp_path / "a.tar", MEMBERS)])
    assert {len(data) for data in source.read(0)} == {101}


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_of_enormous_size_is_refused_before_it_is_read(tmp_path, kind):
    header = tarfile.TarInfo("a.jpg")
    header.size, header.type = 2**30, kind
    with gzip.open(tmp_path / "a.tar.gz", "wb") as file:
        file.write(header.tobuf() + bytes(2**20))
    with pytest.raises(UsageError, match="a.tar.gz: broken or truncated.*a header of 1,073,74"):
        ArchiveSource([tmp_path / "a.tar.gz"]).names()


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
@pytest.mark.parametrize("kept", [0.3, 0.6])
def test_archives_cut_short_are_refused(tmp_path, mode, kept):
    path = write(tmp_path / "a.tar", MEMBERS, mode)
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    source = ArchiveSource([path])
    for read in (source.names, lambda: list(source.read(0))):
        with pytest.raises(UsageError, match="a.tar: broken or truncated, expected a tar archive"):
            read()


@pytest.mark.parametrize("end", [1536, 1536 + 100, 1536 + 512, 1536 + 1000])
def test_a_tar_that_ends_at_any_place_is_refused(tmp_path, end):
    # Header and two blocks of data a member; `tarfile` itself takes two of these for a whole archive.
    path = write(tmp_path / "a.tar", MEMBERS, "w")
    path.write_bytes(path.read_bytes()[:end])
    with pytest.raises(UsageError, match="broken or truncated"):
        ArchiveSource([path]).names()


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "a.tar").write_bytes(b"no archive" * 200)
    (tmp_path / "b.tar").write_bytes(gzip.compress(b"none either" * 200))
    for name in ("a.tar", "b.tar"):
        with pytest.raises(UsageError, match=f"{name}: broken or truncated") as refusal:
            ArchiveSource([tmp_path / name]).names()
        assert "\n" not in str(refusal.value)
    with pytest.raises(UsageError, match="missing.tar: cannot be read"):
        ArchiveSource([tmp_path / "missing.tar"]).stamp()
