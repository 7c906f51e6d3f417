"""Files that are whole or not there."""

import errno
import stat

import pytest

from dlnet_tf.errors import UsageError
from dlnet_tf.files import check_file, check_target, hidden_name, new_folder, write_atomically, write_bytes, write_text


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_with_its_folders_and_replaced(tmp_path):
    path = tmp_path / "a" / "b" / "notes.txt"
    for text in ("first: ü", "second"):
        write_text(path, text)
        assert path.read_text("utf-8") == text
    assert names(path.parent) == ["notes.txt"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("bug")])
def test_a_write_that_fails_half_way_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "state"
    write_text(path, "old")

    def write(file):
        file.write(b"half")
        file.flush()
        # The old file is there at any moment.
        assert path.read_text() == "old"
        raise error

    with pytest.raises(UsageError if isinstance(error, OSError) else RuntimeError) as caught:
        write_atomically(path, write)
    if isinstance(error, OSError):
        assert str(caught.value) == f"{path}: cannot be written (No space left on device)"
    assert path.read_text() == "old" and names(tmp_path) == ["state"]


def test_what_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("regular")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "below", tmp_path / "file" / "a" / "b", tmp_path / "folder"):
        with pytest.raises(UsageError, match="cannot be written"):
            write_text(path, "text")
    assert names(tmp_path) == ["file", "folder"] and (tmp_path / "file").read_text() == "regular"


def test_targets_are_checked_before_work_is_done(tmp_path):
    (tmp_path / "file").write_text("regular")
    check_target(tmp_path / "new" / "folders" / "report.json", overwrite=False)
    check_target(tmp_path / "file", overwrite=True)
    with pytest.raises(UsageError, match="file: exists; give --overwrite to replace it"):
        check_target(tmp_path / "file", overwrite=False)
    for below in ("file/x", "file/x/y"):
        with pytest.raises(UsageError, match="file is not a writable folder"):
            check_target(tmp_path / below, overwrite=True)
    assert names(tmp_path) == ["file"]


def test_a_folder_is_no_target_for_a_file(tmp_path):
    (tmp_path / "folder").mkdir()
    check_target(tmp_path / "folder", overwrite=True)
    for overwrite in (False, True):
        with pytest.raises(UsageError, match="folder: is a folder, expected the name of a file"):
            check_file(tmp_path / "folder", overwrite)
    check_file(tmp_path / "new" / "file", overwrite=False)
    (tmp_path / "file").write_text("regular")
    with pytest.raises(UsageError, match="exists"):
        check_file(tmp_path / "file", overwrite=False)
    check_file(tmp_path / "file", overwrite=True)


def test_new_folders_are_numbered(tmp_path):
    made = [new_folder(tmp_path / "runs", "idn_x3") for _ in range(3)]
    assert [folder.name for folder in made] == ["idn_x3-1", "idn_x3-2", "idn_x3-3"]
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be made"):
        new_folder(tmp_path / "file", "idn_x3")


@pytest.mark.parametrize("stem", ["a" * 251, "a" * 240, "\u00fc" * 125 + "a", "a"])
def test_a_name_as_long_as_the_file_system_allows_can_be_written(tmp_path, stem):
    path = tmp_path / f"{stem}.png"
    write_bytes(path, b"x")
    assert path.read_bytes() == b"x" and list(tmp_path.iterdir()) == [path]


def test_hidden_names_of_long_stems_differ():
    names = [hidden_name("a" * 250 + end, ".partial.png") for end in "bc"]
    assert names[0] != names[1] and all(len(name) <= 255 and name.endswith(".partial.png") for name in names)
    assert hidden_name("a", ".partial.png") == ".a.partial.png"
